namespace Tenants.Shell;

/// <summary>What the command line asks for.</summary>
internal sealed record ShellOptions
{
    public const string Help = """
        Tenants.Shell: a small console host over PowerShell's engine, without its Utility and Management cmdlets.

            Tenants.Shell                               a prompt; or runs what is piped in
            Tenants.Shell [-NoExit] script.ps1 args…    runs a script and returns its exit code
            Tenants.Shell [-NoExit] -Command text       runs text

        -NoExit goes on to the prompt afterwards, in the same session.
        """;

    public string? ScriptPath { get; private init; }

    public IReadOnlyList<string> ScriptArguments { get; private init; } = [];

    public string? CommandText { get; private init; }

    public bool StaysOpen { get; private init; }

    public bool ShowsHelp { get; private init; }

    public string? Error { get; private init; }

    public static ShellOptions Parse(string[] arguments)
    {
        var options = new ShellOptions();
        for (var i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i].ToUpperInvariant())
            {
                case "-NOEXIT":
                    options = options with { StaysOpen = true };
                    break;
                case "-HELP" or "--HELP" or "-H" or "-?":
                    return options with { ShowsHelp = true };
                case "-COMMAND" or "-C":
                    return i + 1 < arguments.Length
                        ? options with { CommandText = string.Join(' ', arguments[(i + 1)..]) }
                        : options with { Error = "-Command wants the text to run." };
                case "-FILE" or "-F":
                    return WithScript(options, arguments[(i + 1)..]);
                case "-NOPROFILE" or "-NOLOGO":
                    break;
                default:
                    return WithScript(options, arguments[i..]);
            }
        }

        return options;
    }

    private static ShellOptions WithScript(ShellOptions options, string[] arguments)
    {
        if (arguments.Length == 0)
        {
            return options with { Error = "-File wants a script." };
        }

        var path = Path.GetFullPath(arguments[0]);
        if (File.Exists(path))
        {
            return options with { ScriptPath = path, ScriptArguments = arguments[1..] };
        }

        return options with
        {
            Error = arguments[0].StartsWith('-')
                ? $"'{arguments[0]}' is not an option.{Environment.NewLine}{Help}"
                : $"There is no script '{path}'.",
        };
    }
}
