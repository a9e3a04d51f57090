namespace Tenants.Engine.Tests.RedTeam;

/// <summary>
/// One attack of tenant acme on tenant globex. Names in braces are filled in when it runs: {session}, {admin}, {owner} are the
/// database's roles, {adminlogin} the admin's login, {login} the enemy's, {db} the database, {datadir} the server's data
/// directory, {token} what <see cref="Token"/> says, {stolen} the first value that a <see cref="Actor.Steal"/> step read.
/// </summary>
/// <param name="Id">A short name, for good.</param>
/// <param name="Family">Its kind.</param>
/// <param name="Tries">What it tries.</param>
internal sealed record Attack(string Id, AttackFamily Family, string Tries)
{
    /// <summary>
    /// The scene is what a sealed connection looks for when it connects: made before, it is refused; made later, it opens the way.
    /// Without this the scene is made after the enemy has connected, so that the defences behind that look are tried.
    /// </summary>
    public bool IsLookedFor { get; init; }

    /// <summary>What the scene needs beyond the common world, as the admin.</summary>
    public string? Setup { get; init; }

    /// <summary>The same, as a superuser.</summary>
    public string? SuperuserSetup { get; init; }

    /// <summary>What happens, in order.</summary>
    public required IReadOnlyList<AttackStep> Steps { get; init; }

    /// <summary>How a breach is seen.</summary>
    public Breach Success { get; init; } = Breach.Reads;

    /// <summary>The refusals that are expected: SQLSTATEs and error ids. Any other error fails the suite.</summary>
    public IReadOnlyList<string> Refusals { get; init; } = [];

    /// <summary>The same SQL with one defence removed, which must succeed. The first one that fits the trust counts.</summary>
    public IReadOnlyList<Control> Controls { get; init; } = [];

    /// <summary>Where it succeeds, why, and who can close it: the suite proves that it does.</summary>
    public IReadOnlyList<Listing> Listed { get; init; } = [];

    /// <summary>Where the attack means anything.</summary>
    public AttackTrust Trusts { get; init; } = AttackTrust.All;

    /// <summary>The oldest server that knows the SQL.</summary>
    public int MinMajor { get; init; } = 14;

    /// <summary>The token that {token} stands for.</summary>
    public TokenForm? Token { get; init; }

    /// <summary>A limit for each of the enemy's statements.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The enemy holds a connection that is not cleaned between its calls, as a session over an app login does.</summary>
    public bool Held { get; init; }

    /// <summary>Why it succeeds here, or null where it must not.</summary>
    public Listing? ListingFor(AttackTrust trust, int major) =>
        Listed.FirstOrDefault(l => l.Trusts.HasFlag(trust) && major >= l.MinMajor && major <= l.MaxMajor);

    /// <summary>The control for a trust.</summary>
    public Control? ControlFor(AttackTrust trust) => Controls.FirstOrDefault(c => c.Trusts.HasFlag(trust));
}

/// <summary>Who does a step.</summary>
internal enum Actor
{
    /// <summary>Tenant acme.</summary>
    Enemy,

    /// <summary>Tenant globex.</summary>
    Victim,

    /// <summary>Tenant globex, while the next steps run; its end is waited for.</summary>
    VictimMeanwhile,

    /// <summary>Tenant acme, while the next steps run; ended at the end.</summary>
    EnemyMeanwhile,

    /// <summary>A superuser.</summary>
    Superuser,

    /// <summary>Tenant globex over a stand-alone call: its first value becomes {stolen}.</summary>
    Steal,

    /// <summary>Every connection is closed, so that the next step opens another one.</summary>
    Reconnect,

    /// <summary>
    /// Both, ten times each and in turns, as one query over many tenants at once: several share a few connections. A run of the
    /// victim's that does not give its canary is heard as <see cref="AttackStep.BlindRun"/>.
    /// </summary>
    Crowd,

    /// <summary>Time passes: as many seconds as the text says.</summary>
    Wait,
}

/// <summary>One step.</summary>
/// <param name="Actor">Who does it.</param>
/// <param name="Sql">What.</param>
internal sealed record AttackStep(Actor Actor, string Sql)
{
    /// <summary>The enemy's SQL.</summary>
    public static AttackStep Enemy(string sql) => new(Actor.Enemy, sql);

    /// <summary>What is heard of a run of the victim's, in a crowd, that did not give its own row.</summary>
    public const string BlindRun = "a run was blind";

    /// <summary>SQL that both run, in a crowd.</summary>
    public static AttackStep Crowd(string sql) => new(Actor.Crowd, sql);

    /// <summary>The victim's SQL.</summary>
    public static AttackStep Victim(string sql) => new(Actor.Victim, sql);

    /// <summary>Closes every connection.</summary>
    public static AttackStep Reconnect { get; } = new(Actor.Reconnect, "");
}

/// <summary>One defence, removed.</summary>
/// <param name="Removes">The defence.</param>
internal sealed record Control(string Removes)
{
    /// <summary>SQL that removes it, as a superuser, after the enemy has connected.</summary>
    public string? Sql { get; init; }

    /// <summary>SQL that brings back what the whole cluster shares.</summary>
    public string? Undo { get; init; }

    /// <summary>The trust under which the attack runs instead.</summary>
    public AttackTrust? As { get; init; }

    /// <summary>Past the module: a bare connection over such a login, begun and entered, not guarded, not cleaned, not watched.</summary>
    public bool Bare { get; init; }

    /// <summary>Bare, and without an explicit BEGIN.</summary>
    public bool WithoutBegin { get; init; }

    /// <summary>The token that {token} stands for.</summary>
    public TokenForm? Token { get; init; }

    /// <summary>For which trusts.</summary>
    public AttackTrust Trusts { get; init; } = AttackTrust.All;
}

/// <summary>Where an attack succeeds.</summary>
/// <param name="Trusts">Over which logins.</param>
/// <param name="Reason">Why.</param>
/// <param name="Closer">Who can close it, and how.</param>
internal sealed record Listing(AttackTrust Trusts, string Reason, string Closer)
{
    /// <summary>From which server on.</summary>
    public int MinMajor { get; init; }

    /// <summary>Up to which server.</summary>
    public int MaxMajor { get; init; } = int.MaxValue;
}

/// <summary>A token for the victim's tenant, with something wrong about it.</summary>
internal enum TokenForm
{
    /// <summary>Nothing wrong: what only the holder of the key can make.</summary>
    Right,

    /// <summary>For another backend.</summary>
    OtherBackend,

    /// <summary>Over a minute old.</summary>
    Expired,

    /// <summary>Signed for the enemy's own tenant.</summary>
    OwnTenant,

    /// <summary>Signed with a key of another login.</summary>
    OtherLogin,

    /// <summary>Without its last letter.</summary>
    Cut,

    /// <summary>With a letter more.</summary>
    Extended,

    /// <summary>Its time moved on, the signature kept.</summary>
    Prolonged,

    /// <summary>Without its signature.</summary>
    Unsigned,

    /// <summary>With a retired key.</summary>
    RetiredKey,
}
