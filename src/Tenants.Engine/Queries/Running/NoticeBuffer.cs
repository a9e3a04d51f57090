using Npgsql;

namespace Tenants.Engine.Queries.Running;

/// <summary>Keeps notices back while an attempt may still be repeated, so that none is told twice.</summary>
internal sealed class NoticeBuffer(Action<ServerNotice>? target)
{
    private readonly object _lock = new();
    private UnreadNotices? _held = new();

    /// <summary>Takes a notice of the driver's, on any thread.</summary>
    public void Add(object sender, NpgsqlNoticeEventArgs e)
    {
        var notice = new ServerNotice(e.Notice.InvariantSeverity, e.Notice.SqlState, e.Notice.MessageText);
        lock (_lock)
        {
            if (_held is not null)
            {
                _held.Add(notice);
                return;
            }
        }

        target?.Invoke(notice);
    }

    /// <summary>Forgets what was said so far.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _held?.Clear();
        }
    }

    /// <summary>Tells what was said so far, and from now on all at once.</summary>
    public void Release()
    {
        UnreadNotices? held;
        lock (_lock)
        {
            held = _held;
            _held = null;
        }

        while (held is not null && held.TryTake(out var notice))
        {
            target?.Invoke(notice);
        }
    }
}
