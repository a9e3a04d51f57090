using Tenants.Engine.Isolation.Keys;

namespace Tenants.Engine.Isolation.Logins;

/// <summary>
/// That logins made in a database are fit holds for a while: looking costs more than making one, and what everybody may do changes
/// seldom. A session that opens later is looked at anew.
/// </summary>
internal sealed class Judgement(TimeSpan life)
{
    private static readonly DateTime s_begin = DateTime.UnixEpoch;

    // Counted on while the machine sleeps.
    private ServerClock? _age;

    /// <summary>True where nobody looked for longer than it holds.</summary>
    public bool IsDue => Volatile.Read(ref _age) is not { } age || age.Now - s_begin >= life;

    /// <summary>A login was looked at, and found fit.</summary>
    public void Renew() => Volatile.Write(ref _age, new ServerClock(s_begin));
}
