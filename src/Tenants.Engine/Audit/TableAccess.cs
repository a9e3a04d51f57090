using Tenants.Engine.Sql;

namespace Tenants.Engine.Audit;

/// <summary>What the access list means for people: the list itself, and what they should be asked before the table is enforced.</summary>
internal static class TableAccess
{
    /// <summary>The access list. Logins that come in through PUBLIC alone are one entry, however many they are.</summary>
    public static IReadOnlyList<TenantTableAccess> List(IReadOnlyList<LoginAccess> logins)
    {
        var list = logins.Where(l => !IsCrowd(l)).Select(l => new TenantTableAccess(l.Name, l.Sees, l.Why, l.Rights)).ToList();
        if (logins.Where(IsCrowd).ToList() is { Count: > 0 } crowd)
        {
            list.Add(new TenantTableAccess("PUBLIC", TenantVisibility.Nothing, $"{crowd.Count} logins whose rights come through PUBLIC alone", crowd[0].Rights));
        }

        return list;
    }

    /// <summary>The access list in a few lines.</summary>
    public static IEnumerable<string> Describe(AuditedTable table, IReadOnlyList<TenantTableAccess> access) => access
        .GroupBy(a => a.Sees)
        .OrderBy(g => g.Key)
        .Select(g => $"{table.Name}: {Words(g.Key)}: {Listing.Of(g.Select(a => $"{a.Login} ({a.Why})"))}");

    /// <summary>Who would lose, or see more than people may think; none where the table is enforced already.</summary>
    public static IEnumerable<string> Questions(AuditedTable table, IReadOnlyList<LoginAccess> logins)
    {
        if (table.IsEnforced)
        {
            yield break;
        }

        var blind = logins.Where(l => l.Sees == TenantVisibility.Nothing && l.SeesToday && !l.IsPublicOnly).ToList();
        if (blind.Count > 0)
        {
            var admin = Quote.Identifier(table.Installation.AdminRole);
            yield return $"{Plural(blind.Count, "login")} will see no row of {table.Name} outside a tenant's session, and can change none: {Listing.Of(blind.Select(Describe))}. An application that works as one of them goes blind. One that is to see all tenants' rows becomes an admin: grant {admin} to …";
        }

        var seeing = logins.Where(l => l.Sees == TenantVisibility.Everything && !l.IsSuperuser && !l.IsSelf && (l.BypassesRls || !l.IsOwner)).ToList();
        if (seeing.Count > 0)
        {
            yield return $"{Plural(seeing.Count, "login")} will go on seeing all tenants' rows of {table.Name}: {Listing.Of(seeing.Select(Describe))}.";
        }

        var crowd = logins.Where(l => IsCrowd(l) && l.SeesToday).ToList();
        if (crowd.Count > 0)
        {
            yield return $"PUBLIC holds {string.Join(", ", crowd[0].Rights)} on {table.Name}, and {Plural(crowd.Count, "login")} rely on that alone ({Listing.Of(crowd.Select(l => l.Name))}): they will see no row outside a tenant's session.";
        }
    }

    private static bool IsCrowd(LoginAccess login) => login.IsPublicOnly && login.Sees == TenantVisibility.Nothing;

    private static string Describe(LoginAccess login) => login.BypassesRls || login.IsAdmin ? $"{login.Name} ({login.Why})" : login.Name;

    private static string Plural(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";

    private static string Words(TenantVisibility sees) => sees switch
    {
        TenantVisibility.Everything => "see all tenants' rows",
        TenantVisibility.OwnTenant => "see their own tenant's rows",
        _ => "see no row outside a tenant's session",
    };
}
