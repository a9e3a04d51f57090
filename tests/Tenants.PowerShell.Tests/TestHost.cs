using System.Collections.Concurrent;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;
using System.Text;

namespace Tenants.PowerShell.Tests;

/// <summary>A host without a screen: it keeps what it is told, and answers questions as the test says.</summary>
internal sealed class TestHost : PSHost
{
    private readonly TestHostUI _ui = new();

    public TestHostUI Screen => _ui;

    public override CultureInfo CurrentCulture => CultureInfo.InvariantCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.InvariantCulture;

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override string Name => "Tests";

    public override PSHostUserInterface UI => _ui;

    public override Version Version { get; } = new(1, 0);

    public override void EnterNestedPrompt() => throw new NotSupportedException();

    public override void ExitNestedPrompt() => throw new NotSupportedException();

    public override void NotifyBeginApplication()
    {
    }

    public override void NotifyEndApplication()
    {
    }

    public override void SetShouldExit(int exitCode)
    {
    }

    internal sealed class TestHostUI : PSHostUserInterface
    {
        private readonly StringBuilder _text = new();
        private readonly ConcurrentQueue<string> _questions = new();

        /// <summary>What it answers to a question: true for yes, false for no, null where nobody is there to answer.</summary>
        public bool? Answer { get; set; }

        public override PSHostRawUserInterface? RawUI => null;

        public (string Text, IReadOnlyList<string> Questions) TakeAll()
        {
            lock (_text)
            {
                var text = _text.ToString();
                _text.Clear();
                var questions = _questions.ToArray();
                _questions.Clear();
                return (text, questions);
            }
        }

        public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions) =>
            throw new HostException("Nobody is there to answer.");

        public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
        {
            _questions.Enqueue(message);
            return Answer switch
            {
                null => throw new HostException("Nobody is there to answer."),

                // Yes stands first; No after "Yes to All".
                true => 0,
                false => choices.Select((c, i) => (c, i)).First(p => p.c.Label.Replace("&", "", StringComparison.Ordinal) == "No").i,
            };
        }

        public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
            throw new HostException("Nobody is there to answer.");

        public override PSCredential PromptForCredential(
            string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options) =>
            throw new HostException("Nobody is there to answer.");

        public override string ReadLine() => throw new HostException("Nobody is there to answer.");

        public override SecureString ReadLineAsSecureString() => throw new HostException("Nobody is there to answer.");

        public override void Write(string value) => Add(value);

        public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Add(value);

        public override void WriteLine(string value) => Add(value + "\n");

        public override void WriteDebugLine(string message)
        {
        }

        public override void WriteErrorLine(string value)
        {
        }

        public override void WriteProgress(long sourceId, ProgressRecord record)
        {
        }

        public override void WriteVerboseLine(string message)
        {
        }

        public override void WriteWarningLine(string message)
        {
        }

        private void Add(string value)
        {
            lock (_text)
            {
                _text.Append(value);
            }
        }
    }
}
