using System.Management.Automation.Runspaces;

namespace Tenants.Shell;

/// <summary>Reads a script's arguments off the command line as <c>pwsh -File</c> does.</summary>
internal static class ScriptArguments
{
    /// <summary>
    /// <c>-Name value</c> and <c>-Name:value</c> name a parameter, <c>-Switch</c> and <c>-Switch:$false</c> set one, the rest goes by position.
    /// </summary>
    public static IEnumerable<CommandParameter> Parse(IEnumerable<string> arguments)
    {
        var onlyValues = false;
        foreach (var argument in arguments)
        {
            if (argument == "--" && !onlyValues)
            {
                onlyValues = true;
            }
            else if (onlyValues || !IsName(argument))
            {
                yield return new CommandParameter(null, argument);
            }
            else
            {
                yield return Named(argument);
            }
        }
    }

    // The dash stays in the name: with it, the binder takes the next value as this parameter's, unless it is a switch.
    private static CommandParameter Named(string argument)
    {
        var colon = argument.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return new CommandParameter(argument);
        }

        var value = argument[(colon + 1)..];
        return new CommandParameter(argument[..colon] + (value.Length == 0 ? ":" : ""), value.ToUpperInvariant() switch
        {
            "" => null,
            "$TRUE" => true,
            "$FALSE" => false,
            _ => value,
        });
    }

    // -5 is a number, not a name.
    private static bool IsName(string argument) => argument.Length > 1 && argument[0] == '-' && (char.IsLetter(argument[1]) || argument[1] is '_' or '?');
}
