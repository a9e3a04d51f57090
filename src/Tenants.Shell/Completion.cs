using System.Management.Automation;

namespace Tenants.Shell;

/// <summary>What a word could become; each press of Tab shows the next.</summary>
internal sealed class Completion
{
    private readonly string _before;
    private readonly string _after;
    private readonly IReadOnlyList<string> _words;
    private int _index = -1;

    private Completion(string before, string after, IReadOnlyList<string> words)
    {
        _before = before;
        _after = after;
        _words = words;
    }

    /// <summary>Asks PowerShell's engine. It only looks at what the session knows.</summary>
    public static Completion? Find(PowerShell pipeline, string text, int cursor)
    {
        var found = CommandCompletion.CompleteInput(text, cursor, options: null, pipeline);
        return found.CompletionMatches.Count == 0
            ? null
            : new Completion(
                text[..found.ReplacementIndex],
                text[(found.ReplacementIndex + found.ReplacementLength)..],
                [.. found.CompletionMatches.Select(match => match.CompletionText)]);
    }

    /// <summary>The whole text with the next word in it.</summary>
    /// <param name="step">1 or -1.</param>
    /// <param name="cursor">Where the cursor goes: behind the word.</param>
    public string Next(int step, out int cursor)
    {
        _index = _index < 0 && step < 0 ? _words.Count - 1 : (_index + step + _words.Count) % _words.Count;
        cursor = _before.Length + _words[_index].Length;
        return _before + _words[_index] + _after;
    }
}
