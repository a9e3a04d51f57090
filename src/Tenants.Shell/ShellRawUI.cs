using System.Management.Automation;
using System.Management.Automation.Host;

namespace Tenants.Shell;

/// <summary>The terminal's size, colours and keys.</summary>
internal sealed class ShellRawUI : PSHostRawUserInterface
{
    /// <summary>Stands for the terminal's own colour, which nobody can ask for everywhere.</summary>
    public const ConsoleColor DefaultBackground = ConsoleColor.Black;

    // Where the output is a file or a pipe, lines break as on a usual screen.
    private const int UsualWidth = 120;
    private const int UsualHeight = 50;

    public override ConsoleColor ForegroundColor { get; set; } = ConsoleColor.Gray;

    public override ConsoleColor BackgroundColor { get; set; } = DefaultBackground;

    public override Size BufferSize
    {
        get => WindowSize;
        set => throw Unsupported();
    }

    public override Size WindowSize
    {
        get => Console.IsOutputRedirected
            ? new Size(UsualWidth, UsualHeight)
            : new Size(
                Console.WindowWidth > 0 ? Console.WindowWidth : UsualWidth,
                Console.WindowHeight > 0 ? Console.WindowHeight : UsualHeight);
        set => throw Unsupported();
    }

    public override Size MaxWindowSize => WindowSize;

    public override Size MaxPhysicalWindowSize => WindowSize;

    public override Coordinates WindowPosition { get; set; }

    public override Coordinates CursorPosition
    {
        get => Console.IsOutputRedirected || Console.IsInputRedirected ? new Coordinates(0, 0) : new Coordinates(Console.CursorLeft, Console.CursorTop);
        set => Console.SetCursorPosition(value.X, value.Y);
    }

    public override int CursorSize { get; set; } = 25;

    public override string WindowTitle
    {
        get => OperatingSystem.IsWindows() ? Console.Title : "";
        set
        {
            if (!Console.IsOutputRedirected)
            {
                Console.Title = value;
            }
        }
    }

    public override bool KeyAvailable => !Console.IsInputRedirected && Console.KeyAvailable;

    public override KeyInfo ReadKey(ReadKeyOptions options)
    {
        if (Console.IsInputRedirected)
        {
            throw new HostException("A key was asked for, but there is no terminal to press one on.");
        }

        var key = Console.ReadKey(options.HasFlag(ReadKeyOptions.NoEcho));
        return new KeyInfo((int)key.Key, key.KeyChar, 0, keyDown: true);
    }

    public override void FlushInputBuffer()
    {
        while (KeyAvailable)
        {
            Console.ReadKey(intercept: true);
        }
    }

    public override int LengthInBufferCells(string source) => Cells.Width(source);

    public override int LengthInBufferCells(string source, int offset) => Cells.Width(source.AsSpan(offset));

    public override int LengthInBufferCells(char source) => Cells.Width([source]);

    public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw Unsupported();

    public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill) => throw Unsupported();

    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents) => throw Unsupported();

    // Clear-Host fills everything with blanks by this call.
    public override void SetBufferContents(Rectangle rectangle, BufferCell fill)
    {
        if (rectangle is { Left: -1, Top: -1 } && !Console.IsOutputRedirected)
        {
            Console.Clear();
        }
    }

    private static PSNotSupportedException Unsupported() => new("Tenants.Shell cannot do that to a terminal.");
}
