using System.Data.Common;
using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Isolation.Logins;

/// <summary>
/// A kind of permissive policy that shows a session nothing but its own tenant's rows, told by how the server keeps its
/// expressions: what is kept alike means alike.
/// </summary>
/// <param name="Condition">Its USING as kept; empty for none.</param>
/// <param name="Check">Its WITH CHECK as kept; empty for none.</param>
/// <param name="IsIsolation">It says exactly what the isolating policy must.</param>
internal sealed record HarmlessPolicy(string Condition, string Check, bool IsIsolation)
{
    /// <summary>Asks for the kinds of policies that there are.</summary>
    public static NpgsqlBatchCommand Command(Installation installation) => new(SqlResource.Read("trust-policies.sql", new Dictionary<string, string>()))
    {
        Parameters = { new NpgsqlParameter<string> { TypedValue = installation.Schema } },
    };

    /// <summary>Those that are harmless. What is not understood is not.</summary>
    public static async Task<IReadOnlyList<HarmlessPolicy>> ReadAsync(DbDataReader reader, Installation installation, CancellationToken cancellationToken)
    {
        var policies = new List<HarmlessPolicy>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (Judge(reader, installation) is { } harmless)
            {
                policies.Add(harmless);
            }
        }

        return policies;
    }

    private static HarmlessPolicy? Judge(DbDataReader row, Installation installation)
    {
        string[] expressions = [.. ((string?[])[Text(row, 2), Text(row, 3)]).OfType<string>()];

        // The admin's condition asks who the session is, so that it opens nothing to a tenant's, whomever it names.
        var isHarmless = expressions.All(e => e == PolicyText.AdminDeparsed(installation));
        var isIsolation = false;
        if (Column(row) is { IsDeterministic: true } column)
        {
            var isolation = PolicyText.IsolationDeparsed(installation, row.GetString(10), column);
            isIsolation = Text(row, 2) == isolation && (Text(row, 3) ?? isolation) == isolation;
            isHarmless |= expressions.All(e => Deparsed.Requires(e, isolation));
        }

        return isHarmless ? new HarmlessPolicy(row.GetString(0), row.GetString(1), isIsolation) : null;
    }

    private static TenantColumn? Column(DbDataReader row) => row.IsDBNull(4)
        ? null
        : new TenantColumn(row.GetString(4), row.GetString(5), row.GetString(6), row.GetString(7), row.GetBoolean(8), row.GetBoolean(9), true, false, null);

    private static string? Text(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
