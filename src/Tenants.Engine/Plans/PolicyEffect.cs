using Npgsql;
using Tenants.Engine.Audit;
using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;

namespace Tenants.Engine.Plans;

/// <summary>What a policy does to the others of its table.</summary>
/// <param name="Opens">What it opens to tenants, as a clause that ends with a full stop; null where it surely opens nothing.</param>
/// <param name="Warnings">What the user should hear.</param>
internal sealed record PolicyEffect(string? Opens, IReadOnlyList<string> Warnings)
{
    // A role that sees more hands it on by what runs in its name: its views, its SECURITY DEFINER functions.
    private const string Reach = """
        select r.rolname::text, r.rolcanlogin,
               exists (select from pg_catalog.pg_class c where c.relowner = r.oid and c.relkind = 'v')
               or exists (select from pg_catalog.pg_proc p where p.proowner = r.oid and p.prosecdef)
        from pg_catalog.pg_roles r
        where not r.rolsuper and exists (
            select from pg_catalog.pg_roles n where n.rolname = any ($1) and pg_catalog.pg_has_role(r.oid, n.oid, 'usage'))
        order by r.rolname
        """;

    /// <summary>Judges a policy; what cannot be shown to be harmless counts as opening.</summary>
    public static async Task<PolicyEffect> JudgeAsync(
        NpgsqlConnection connection,
        Installation installation,
        TenantTable table,
        TenantPolicy policy,
        IReadOnlyList<TenantPolicy> standing,
        CancellationToken cancellationToken)
    {
        string[] expressions = [.. ((string?[])[policy.Using, policy.Check]).OfType<string>().Distinct()];
        var shown = string.Join(" and ", expressions);
        if (policy.Kind == TenantPolicyKind.Restrictive)
        {
            return new PolicyEffect(null, [.. HidesFromAdmin(installation, table, policy, standing, expressions)]);
        }

        // Limited to the tenant, it opens nothing that the isolating policy does not show anyway.
        var isolation = standing.FirstOrDefault(p => p.Name == TenantTables.IsolationPolicy)?.Using;
        if (isolation is not null && expressions.All(e => Deparsed.Requires(e, isolation)))
        {
            return new PolicyEffect(null, []);
        }

        if (policy.Role.Any(PolicyRequest.IsPublic))
        {
            var opens = $"it opens to every tenant the rows of all tenants in {table.DisplayName} for which {shown} holds (for {Words(policy.Command)}): permissive policies are joined by OR.";
            return new PolicyEffect(opens, [$"The policy '{policy.Name}': {opens}"]);
        }

        var reach = await ReadReachAsync(connection, policy.Role, cancellationToken).ConfigureAwait(false);
        var logins = Listing.Of(reach.Where(r => r.IsLogin).Select(r => r.Name));
        var seeing = $"The policy '{policy.Name}' opens rows of all tenants in {table.DisplayName} to the members of {string.Join(", ", policy.Role)} (logins: {(logins.Length == 0 ? "none yet" : logins)}): those for which {shown} holds, for {Words(policy.Command)}.";
        var serving = reach.Where(r => r.Serves).Select(r => r.Name).ToList();
        if (serving.Count == 0)
        {
            return new PolicyEffect(null, [seeing]);
        }

        var through = $"it opens rows of all tenants in {table.DisplayName} to {Listing.Of(serving)}, and whoever may use their views and SECURITY DEFINER functions reads through them, tenants too.";
        return new PolicyEffect(through, [seeing, $"The policy '{policy.Name}': {through}"]);
    }

    private static IEnumerable<string> HidesFromAdmin(
        Installation installation, TenantTable table, TenantPolicy policy, IReadOnlyList<TenantPolicy> standing, string[] expressions)
    {
        var admin = standing.FirstOrDefault(p => p.Name == TenantTables.AdminPolicy)?.Using ?? "";
        var covers = policy.Role.Any(r => PolicyRequest.IsPublic(r) || r == installation.AdminRole);
        if (covers && !expressions.All(e => Deparsed.Allows(e, admin)))
        {
            yield return $"The policy '{policy.Name}' holds for the admin too, so what reads as all tenants' rows of {table.DisplayName} is not all any more: backfills and backups miss the rest without an error. To let the admin pass, write … or {AdminPass.Text(installation)}";
        }
    }

    private static async Task<List<(string Name, bool IsLogin, bool Serves)>> ReadReachAsync(
        NpgsqlConnection connection, IReadOnlyList<string> roles, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Reach, connection)
        {
            Parameters = { new NpgsqlParameter<string[]> { TypedValue = [.. roles] } },
        };
        var reach = new List<(string, bool, bool)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            reach.Add((reader.GetString(0), reader.GetBoolean(1), reader.GetBoolean(2)));
        }

        return reach;
    }

    private static string Words(TenantPolicyCommand command) =>
        command == TenantPolicyCommand.All ? "all commands" : command.ToString().ToUpperInvariant();
}
