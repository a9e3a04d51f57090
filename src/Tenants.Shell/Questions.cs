using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace Tenants.Shell;

/// <summary>Asks the person at the terminal; says so clearly where there is none.</summary>
internal static class Questions
{
    public static string ReadLine(string prompt) => Ask(prompt, isSecret: false, prompt);

    public static SecureString ReadSecret(string prompt)
    {
        var secret = new SecureString();
        foreach (var character in Ask(prompt, isSecret: true, prompt))
        {
            secret.AppendChar(character);
        }

        secret.MakeReadOnly();
        return secret;
    }

    public static PSObject ReadField(FieldDescription field)
    {
        var prompt = $"{(string.IsNullOrEmpty(field.Label) ? field.Name : field.Label.Replace("&", "", StringComparison.Ordinal))}: ";
        if (field.ParameterTypeFullName == typeof(SecureString).FullName)
        {
            return PSObject.AsPSObject(ReadSecret(prompt));
        }

        var isList = field.ParameterTypeFullName.EndsWith("[]", StringComparison.Ordinal);
        if (!isList)
        {
            return PSObject.AsPSObject(ReadLine(prompt));
        }

        var values = new List<object>();
        while (ReadLine($"{field.Name}[{values.Count}]: ") is { Length: > 0 } value)
        {
            values.Add(value);
        }

        return PSObject.AsPSObject(values.ToArray());
    }

    public static int ReadChoice(Collection<ChoiceDescription> choices, int defaultChoice, string question)
    {
        var keys = choices.Select(Key).ToList();
        var list = string.Join("  ", choices.Select((choice, i) => $"[{keys[i]}] {Name(choice)}"));
        var suffix = defaultChoice >= 0 ? $" (default is \"{keys[defaultChoice]}\")" : "";
        while (true)
        {
            var answer = Ask($"{list}  [?] Help{suffix}: ", isSecret: false, question).Trim();
            if (answer.Length == 0 && defaultChoice >= 0)
            {
                return defaultChoice;
            }

            for (var i = 0; i < choices.Count; i++)
            {
                if (answer.Equals(keys[i], StringComparison.OrdinalIgnoreCase) || answer.Equals(Name(choices[i]), StringComparison.OrdinalIgnoreCase))
                {
                    return i;
                }
            }

            if (answer == "?")
            {
                foreach (var (choice, i) in choices.Select((choice, i) => (choice, i)))
                {
                    Console.WriteLine($"{keys[i]} - {choice.HelpMessage}");
                }
            }
        }
    }

    private static string Ask(string prompt, bool isSecret, string question)
    {
        if (!Terminal.IsInteractive)
        {
            throw new HostException(
                $"This needs an answer, and there is no terminal to give one at: {question.Trim(' ', ':')}. "
                + "Give the value as a parameter, or -Confirm:$false where it asks for leave.");
        }

        if (!Terminal.CanEdit)
        {
            Console.Write(prompt);
            return Console.ReadLine() ?? throw new PipelineStoppedException();
        }

        var answer = new LineEditor(history: null, complete: null, isSecret).Read(prompt);
        return answer.Kind == LineKind.Entered ? answer.Text : throw new PipelineStoppedException();
    }

    // "&Yes" is chosen by Y.
    private static string Key(ChoiceDescription choice)
    {
        var mark = choice.Label.IndexOf('&', StringComparison.Ordinal);
        return mark >= 0 && mark + 1 < choice.Label.Length ? choice.Label.Substring(mark + 1, 1).ToUpperInvariant() : choice.Label;
    }

    private static string Name(ChoiceDescription choice) => choice.Label.Replace("&", "", StringComparison.Ordinal);
}
