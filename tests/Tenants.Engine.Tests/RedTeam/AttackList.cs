using Tenants.Engine.Tests.RedTeam.Attacks;

namespace Tenants.Engine.Tests.RedTeam;

/// <summary>All attacks, and the SQL that many of them share.</summary>
internal static class AttackList
{
    /// <summary>Why Scoped gives way to hostile SQL.</summary>
    public static Listing Scoped { get; } = new(
        AttackTrust.Scoped, "behind the session role stands the admin's login, and RESET ROLE in a DO block goes back to it", "whoever connects: -Trust Sealed");

    /// <summary>The sealed login, removed.</summary>
    public static Control AsScoped { get; } = new("the sealed login") { As = AttackTrust.Scoped, Trusts = AttackTrust.Sealed };

    /// <summary>The login of one's own, removed.</summary>
    public static Control AsShared { get; } = new("the login of one's own") { As = AttackTrust.Shared, Trusts = AttackTrust.Bound };

    /// <summary>Row security of the table, removed.</summary>
    public static Control NoRowSecurity { get; } = new("row security") { Sql = "alter table public.note disable row level security" };

    /// <summary>A function that believes the plain setting.</summary>
    public const string Believing = """
        create or replace function tenants.current_tenant() returns text language sql stable security definer as $f$
            select coalesce(nullif(pg_catalog.current_setting('tenants.tenant', true), ''), (select l.tenant from tenants.login l where l.name = session_user))
        $f$
        """;

    /// <summary>The signature, removed: the plain setting is believed.</summary>
    public static Control NoSignature { get; } = new("the signature")
    {
        Sql = Believing,
    };

    /// <summary>All of them. Last: they are made of what stands above.</summary>
    public static IReadOnlyList<Attack> All { get; } =
    [
        .. ContextAttacks.All, .. RoleAttacks.All, .. SmugglingAttacks.All, .. ShadowingAttacks.All, .. OwnersRightsAttacks.All,
        .. OwnersCodeAttacks.All,
        .. PartitionAttacks.All, .. StatementAttacks.All, .. OwnershipAttacks.All, .. OtherDatabaseAttacks.All, .. CatalogAttacks.All,
        .. ChannelAttacks.All, .. SameLoginAttacks.All, .. CommonGroundAttacks.All, .. SelfAlterationAttacks.All, .. FileAttacks.All,
        .. DenialAttacks.All, .. HygieneAttacks.All, .. CrowdAttacks.All,
    ];

    /// <summary>A block that does something and then says what it can read.</summary>
    public static string Reading(string something) =>
        $"do $attack$ begin {something}; raise notice '%', (select string_agg(title, ',') from public.note); end $attack$";
}
