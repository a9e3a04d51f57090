using System.Text;

namespace Tenants.Shell;

/// <summary>Reads one line from a terminal: cursor keys, history, completion, Ctrl+C gives it up.</summary>
/// <param name="history">Earlier lines for the up key; <see langword="null"/>: none.</param>
/// <param name="complete">Completes at a cursor; <see langword="null"/>: nothing does.</param>
/// <param name="isSecret">Whether the text is not shown.</param>
internal sealed class LineEditor(List<string>? history, Func<string, int, Completion?>? complete, bool isSecret = false)
{
    private readonly StringBuilder _text = new();
    private string _prompt = "";
    private int _cursor;
    private int _drawnRow;
    private int _historyIndex;
    private string _draft = "";
    private Completion? _completion;

    public LineResult Read(string prompt)
    {
        _prompt = prompt;
        _historyIndex = history?.Count ?? 0;
        Console.TreatControlCAsInput = true;
        try
        {
            Draw();
            while (true)
            {
                var key = Console.ReadKey(intercept: true);
                if (Handle(key) is { } kind)
                {
                    _cursor = _text.Length;
                    Draw();
                    Console.WriteLine(kind == LineKind.Cancelled ? "^C" : "");
                    return new LineResult(kind, _text.ToString());
                }

                // While a pasted block comes in, drawing each of its keys would be slow.
                if (!Console.KeyAvailable)
                {
                    Draw();
                }
            }
        }
        finally
        {
            Console.TreatControlCAsInput = false;
        }
    }

    private LineKind? Handle(ConsoleKeyInfo key)
    {
        if (key.Key != ConsoleKey.Tab)
        {
            _completion = null;
        }

        if (key.Modifiers.HasFlag(ConsoleModifiers.Control) && HandleControl(key.Key, out var kind))
        {
            return kind;
        }

        switch (key.Key)
        {
            case ConsoleKey.Enter:
                return LineKind.Entered;
            case ConsoleKey.Tab:
                Complete(key.Modifiers.HasFlag(ConsoleModifiers.Shift) ? -1 : 1);
                break;
            case ConsoleKey.Backspace:
                Remove(Before(_cursor), _cursor);
                break;
            case ConsoleKey.Delete:
                Remove(_cursor, After(_cursor));
                break;
            case ConsoleKey.LeftArrow:
                _cursor = Before(_cursor);
                break;
            case ConsoleKey.RightArrow:
                _cursor = After(_cursor);
                break;
            case ConsoleKey.Home:
                _cursor = 0;
                break;
            case ConsoleKey.End:
                _cursor = _text.Length;
                break;
            case ConsoleKey.UpArrow:
                Recall(-1);
                break;
            case ConsoleKey.DownArrow:
                Recall(1);
                break;
            case ConsoleKey.Escape:
                Replace("");
                break;
            default:
                if (key.KeyChar == '\n')
                {
                    return LineKind.Entered;
                }

                if (!char.IsControl(key.KeyChar))
                {
                    _text.Insert(_cursor++, key.KeyChar);
                }

                break;
        }

        return null;
    }

    private bool HandleControl(ConsoleKey key, out LineKind? kind)
    {
        kind = null;
        switch (key)
        {
            case ConsoleKey.C:
                kind = LineKind.Cancelled;
                return true;
            case ConsoleKey.D when _text.Length == 0:
                kind = LineKind.EndOfInput;
                return true;
            case ConsoleKey.D:
                Remove(_cursor, After(_cursor));
                return true;
            case ConsoleKey.A:
                _cursor = 0;
                return true;
            case ConsoleKey.E:
                _cursor = _text.Length;
                return true;
            case ConsoleKey.U:
                Remove(0, _cursor);
                return true;
            case ConsoleKey.K:
                Remove(_cursor, _text.Length);
                return true;
            case ConsoleKey.W:
                Remove(StartOfWord(), _cursor);
                return true;
            case ConsoleKey.LeftArrow:
                _cursor = StartOfWord();
                return true;
            case ConsoleKey.L:
                Console.Clear();
                _drawnRow = 0;
                return true;
            default:
                return false;
        }
    }

    private void Complete(int step)
    {
        _completion ??= complete?.Invoke(_text.ToString(), _cursor);
        if (_completion is null)
        {
            return;
        }

        Replace(_completion.Next(step, out var cursor));
        _cursor = cursor;
    }

    private void Recall(int step)
    {
        if (history is null || _historyIndex + step < 0 || _historyIndex + step > history.Count)
        {
            return;
        }

        if (_historyIndex == history.Count)
        {
            _draft = _text.ToString();
        }

        _historyIndex += step;
        Replace(_historyIndex == history.Count ? _draft : history[_historyIndex]);
    }

    private void Replace(string text)
    {
        _text.Clear().Append(text);
        _cursor = text.Length;
    }

    private void Remove(int from, int to)
    {
        _text.Remove(from, to - from);
        _cursor = from;
    }

    // A character outside the basic plane is two chars.
    private int Before(int index) =>
        index == 0 ? 0 : index > 1 && char.IsSurrogatePair(_text[index - 2], _text[index - 1]) ? index - 2 : index - 1;

    private int After(int index) =>
        index == _text.Length ? index : index + 1 < _text.Length && char.IsSurrogatePair(_text[index], _text[index + 1]) ? index + 2 : index + 1;

    private int StartOfWord()
    {
        var index = _cursor;
        while (index > 0 && char.IsWhiteSpace(_text[index - 1]))
        {
            index--;
        }

        while (index > 0 && !char.IsWhiteSpace(_text[index - 1]))
        {
            index--;
        }

        return index;
    }

    // Back to the prompt's first row, everything anew, then back to where the cursor belongs.
    private void Draw()
    {
        var width = Console.WindowWidth > 0 ? Console.WindowWidth : 80;
        var shown = isSecret ? new string('*', _text.Length) : _text.ToString();
        var screen = new StringBuilder();
        if (_drawnRow > 0)
        {
            screen.Append("\u001b[").Append(_drawnRow).Append('A');
        }

        screen.Append("\r\u001b[J").Append(_prompt).Append(shown);
        var promptCells = Cells.Width(_prompt);
        var all = promptCells + Cells.Width(shown);
        var atCursor = promptCells + Cells.Width(shown.AsSpan(0, _cursor));
        if (all % width == 0 && all > 0)
        {
            // The terminal keeps the cursor behind a full row until there is more.
            screen.Append("\r\n");
        }

        var up = (all / width) - (atCursor / width);
        if (up > 0)
        {
            screen.Append("\u001b[").Append(up).Append('A');
        }

        screen.Append('\r');
        if (atCursor % width > 0)
        {
            screen.Append("\u001b[").Append(atCursor % width).Append('C');
        }

        _drawnRow = atCursor / width;
        Console.Write(screen.ToString());
    }
}
