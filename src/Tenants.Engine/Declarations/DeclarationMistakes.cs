namespace Tenants.Engine.Declarations;

/// <summary>The mistakes of one file: all are told at once, so that nobody mends them one run at a time.</summary>
internal sealed class DeclarationMistakes(string source)
{
    private const int MostTold = 20;

    private readonly List<(int Line, int Column, string Message, string ErrorId)> _mistakes = [];

    /// <summary>Notes one.</summary>
    public void Add(int line, int column, string message, string errorId = "DeclarationInvalid") => _mistakes.Add((line, column, message, errorId));

    /// <summary>Notes one.</summary>
    public void Add(DeclaredValue at, string message, string errorId = "DeclarationInvalid") => Add(at.Line, at.Column, message, errorId);

    /// <summary>Notes what something throws.</summary>
    public void Try(DeclaredValue at, Action check)
    {
        try
        {
            check();
        }
        catch (TenantException e)
        {
            Add(at, e.Message, e.ErrorId);
        }
    }

    /// <summary>Throws them as one error, whose id is the first one's.</summary>
    public void ThrowIfAny()
    {
        if (_mistakes.Count == 0)
        {
            return;
        }

        var sorted = _mistakes.OrderBy(m => m.Line).ThenBy(m => m.Column).ToList();
        var first = DeclarationError.At(source, sorted[0].Line, sorted[0].Column, sorted[0].Message, sorted[0].ErrorId);
        if (sorted.Count == 1)
        {
            throw first;
        }

        var others = sorted.Skip(1).Take(MostTold - 1).Select(m => $"line {m.Line}, column {m.Column}: {m.Message}");
        var rest = sorted.Count > MostTold ? $"\nand {sorted.Count - MostTold} more." : "";
        throw new TenantException(first.ErrorId, first.Kind, $"{first.Message}\n{string.Join('\n', others)}{rest}") { Target = source };
    }
}
