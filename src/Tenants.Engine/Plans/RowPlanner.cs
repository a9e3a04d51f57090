using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;
using Tenants.Engine.Tenants;

namespace Tenants.Engine.Plans;

/// <summary>Decides what becomes of the rows that a table has when it is enabled.</summary>
internal static class RowPlanner
{
    private const int MostNamed = 10;

    /// <summary>What is filled in, and what the user should hear about the rest.</summary>
    /// <param name="context">The connection and what lies in the database.</param>
    /// <param name="table">The table.</param>
    /// <param name="column">Its tenant column.</param>
    /// <param name="defaultTenant">Whose all rows without a tenant become.</param>
    /// <param name="expression">What gives each its tenant instead.</param>
    /// <param name="isLive">The table is in use: it is not locked for the look, and further rows without a tenant may come.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException">
    /// <c>DefaultTenantRequired</c>, <c>TenantColumnHasNulls</c>, <c>ColumnValuesNotSupported</c>, <c>InvalidTenant</c>, <c>TenantClosed</c>.
    /// </exception>
    public static async Task<(Fill Fill, IReadOnlyList<string> Warnings)> PlanAsync(
        EnableContext context, TableState table, string column, string? defaultTenant, string? expression = null, bool isLive = false, CancellationToken cancellationToken = default)
    {
        var tenant = defaultTenant is null ? null : TenantId.Parse(defaultTenant, context.Installation.TenantType).Value;

        // An enabled table whose rows all have a tenant is not read through again.
        if (table.Column is { IsNotNull: true } && table.IsIsolated(context.Installation))
        {
            return (Fill.None, []);
        }

        var facts = await RowFacts.ReadAsync(context.Connection, table, context.Installation, context.IsInstalled, isLive, cancellationToken).ConfigureAwait(false);
        if (facts.Unfit > 0)
        {
            throw Fail(
                table,
                "ColumnValuesNotSupported",
                $"{Rows(facts.Unfit)} of {table.DisplayName} hold in '{column}' what cannot be a tenant here, where tenants are of type {context.Installation.SqlType}. Mend those values first, as the server writes that type: no leading zeros, a UUID in lower case.");
        }

        if (tenant is null && expression is null && facts.HasRows)
        {
            throw Fail(
                table,
                "DefaultTenantRequired",
                $"{table.DisplayName} has rows and no column '{column}', so whose they are must be said: -DefaultTenant with one tenant for all, or -Backfill with an expression that tells it of each. If another column holds the tenant, name it with -Column.");
        }

        if (tenant is null && expression is null && facts.Nulls > 0)
        {
            throw Fail(
                table,
                "TenantColumnHasNulls",
                $"{Rows(facts.Nulls)} of {table.DisplayName} have no value in '{column}'. Fill them in, or say whose they are: -DefaultTenant with one tenant for all, or -Backfill with an expression that tells it of each.");
        }

        var fill = new Fill(facts.HasRows, facts.Nulls, tenant, true) { Expression = expression, IsLive = isLive && table.Column is not { IsNotNull: true } };
        if (fill is { IsNeeded: true, Tenant: not null })
        {
            fill = fill with { IsRegistered = await IsRegisteredAsync(context, table, tenant!, cancellationToken).ConfigureAwait(false) };
        }

        var known = context.Assumed.Tenants.Append(fill.IsNeeded ? tenant : null);
        return (fill, [.. Warnings(table, column, context.Installation, [.. facts.Strangers.Where(s => !known.Contains(s))])]);
    }

    private static async Task<bool> IsRegisteredAsync(EnableContext context, TableState table, string tenant, CancellationToken cancellationToken)
    {
        if (!context.IsInstalled || context.Assumed.Tenants.Contains(tenant))
        {
            return context.Assumed.Tenants.Contains(tenant);
        }

        await using var command = new NpgsqlCommand($"select state from {context.Installation.QuotedSchema}.tenant where id = $1", context.Connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = tenant } },
        };
        var state = (string?)await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
        return state is not "closed"
            ? state is not null
            : throw Fail(table, "TenantClosed", $"The tenant '{tenant}' is closed, so nobody but admins would see the rows that became its. Name another with -DefaultTenant.");
    }

    private static IEnumerable<string> Warnings(TableState table, string column, Installation installation, IReadOnlyList<string> strangers)
    {
        var tenants = strangers.Where(s => IsTenant(s, installation.TenantType)).ToList();
        if (tenants.Count > 0)
        {
            var names = string.Join(", ", tenants.Take(MostNamed).Select(TableCheck.PowerShellText));
            var more = strangers.Count >= RowFacts.MostStrangers ? " Others as well: run it again afterwards." : "";
            yield return $"{table.DisplayName} has rows of tenants that are not registered, so nobody but admins sees them yet: New-Tenant {names} -Adopt.{more}";
        }

        if (strangers.Count > tenants.Count)
        {
            yield return $"{table.DisplayName} has rows whose '{column}' cannot be a tenant's identifier: empty, longer than {TenantId.MaxLength} characters, not in Unicode's form NFC, or with control or format characters. Nobody but admins will see them: give them a tenant by an UPDATE.";
        }
    }

    private static bool IsTenant(string text, TenantIdType type)
    {
        try
        {
            return TenantId.Parse(text, type).Value == text;
        }
        catch (TenantException)
        {
            return false;
        }
    }

    private static string Rows(long count) => count == 1 ? "1 row" : $"{count} rows";

    private static TenantException Fail(TableState table, string errorId, string message) =>
        new(errorId, TenantErrorKind.InvalidData, message) { Table = table.DisplayName, Target = table.DisplayName };
}
