namespace Tenants.Engine.Queries.Text;

/// <summary>Says where in the user's script something stands.</summary>
internal static class ScriptPosition
{
    /// <summary>The line, from 1, of a place in the script.</summary>
    public static int LineOf(string script, int offset)
    {
        var line = 1;
        for (var i = 0; i < Math.Min(offset, script.Length); i++)
        {
            // A carriage return ends a line by itself, or together with the line feed that follows.
            if (script[i] == '\n' || (script[i] == '\r' && (i + 1 >= script.Length || script[i + 1] != '\n')))
            {
                line++;
            }
        }

        return line;
    }

    /// <summary>The number of lines, which tells whether a line is worth naming.</summary>
    public static int Lines(string script) => LineOf(script.TrimEnd(), script.Length);
}
