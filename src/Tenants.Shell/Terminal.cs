namespace Tenants.Shell;

/// <summary>What the process is connected to, and how that is coloured.</summary>
internal static class Terminal
{
    private static readonly bool s_isPlain =
        Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 } || Environment.GetEnvironmentVariable("TERM") == "dumb";

    /// <summary>Whether a person can answer.</summary>
    public static bool IsInteractive => !Console.IsInputRedirected && !Console.IsOutputRedirected;

    /// <summary>Whether keys can be read one by one and the cursor be moved.</summary>
    public static bool CanEdit => IsInteractive && Environment.GetEnvironmentVariable("TERM") != "dumb";

    /// <summary>Whether standard output shows colours.</summary>
    public static bool HasColour => !Console.IsOutputRedirected && !s_isPlain;

    /// <summary>Whether the error stream shows colours.</summary>
    public static bool ErrorHasColour => !Console.IsErrorRedirected && !s_isPlain;

    /// <summary>Text in a colour.</summary>
    public static string Paint(string text, ConsoleColor foreground, ConsoleColor? background = null) =>
        $"\u001b[{Code(foreground, 30)}{(background is { } back && back != ShellRawUI.DefaultBackground ? ";" + Code(back, 40) : "")}m{text}\u001b[0m";

    // ConsoleColor counts blue, green, red; the terminal red, green, blue; the upper half is bright.
    private static int Code(ConsoleColor colour, int normal)
    {
        var value = (int)colour;
        var swapped = ((value & 1) << 2) | (value & 2) | ((value & 4) >> 2);
        return swapped + normal + (value >= 8 ? 60 : 0);
    }
}
