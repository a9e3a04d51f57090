using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Tenants.Engine.Queries;

/// <summary>
/// Notices of the server that nobody has read yet. It keeps so many; of those that come after that only their number, so that a loop that raises millions does not fill
/// the memory. Any thread may use it.
/// </summary>
public sealed class UnreadNotices
{
    private const int MostNotices = 10_000;
    private const long MostCharacters = 4 << 20;

    private readonly object _lock = new();
    private readonly Queue<ServerNotice> _kept = new();
    private long _characters;
    private long _leftOut;

    /// <summary>Adds a notice.</summary>
    /// <param name="notice">The notice.</param>
    public void Add(ServerNotice notice)
    {
        ArgumentNullException.ThrowIfNull(notice);
        lock (_lock)
        {
            if (_leftOut > 0 || _kept.Count == MostNotices || _characters > MostCharacters)
            {
                _leftOut++;
                return;
            }

            _kept.Enqueue(notice);
            _characters += notice.Message.Length;
        }
    }

    /// <summary>Takes the next notice; after those that were kept, one that says how many were not.</summary>
    /// <param name="notice">The notice.</param>
    /// <returns>False if there is none.</returns>
    public bool TryTake([NotNullWhen(true)] out ServerNotice? notice)
    {
        lock (_lock)
        {
            if (_kept.TryDequeue(out notice))
            {
                _characters -= notice.Message.Length;
                return true;
            }

            if (_leftOut == 0)
            {
                return false;
            }

            notice = new ServerNotice("WARNING", "01000", string.Create(CultureInfo.InvariantCulture, $"The server said more than is kept: {_leftOut} further notices were left out."));
            _leftOut = 0;
            return true;
        }
    }

    /// <summary>Forgets them.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _kept.Clear();
            _characters = 0;
            _leftOut = 0;
        }
    }
}
