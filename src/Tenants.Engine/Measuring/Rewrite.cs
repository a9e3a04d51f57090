using Npgsql;
using Tenants.Engine.Isolation;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Measuring;

/// <summary>What to write in place of a condition that lost its index. What is advised was looked up: the operator is there and leakproof, the index is there or is named with its statement.</summary>
internal static class Rewrite
{
    private const uint Text = 25;
    private const uint Double = 701;
    private const uint Numeric = 1700;

    /// <summary>The advice.</summary>
    /// <param name="connection">The connection to ask.</param>
    /// <param name="installation">What lies in the database.</param>
    /// <param name="facts">The table.</param>
    /// <param name="condition">The condition.</param>
    /// <param name="column">The column that it speaks of.</param>
    /// <param name="leak">What is not leakproof in it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<string> AdviseAsync(
        NpgsqlConnection connection, Installation installation, TableFacts facts, Conjunct condition, TableFacts.Column column, Leak leak, CancellationToken cancellationToken)
    {
        if (leak.Name == "~~" && column.IsText && Prefix(condition) is { } prefix)
        {
            return await PrefixAsync(connection, facts, column, prefix, cancellationToken).ConfigureAwait(false);
        }

        if (column.Type == Numeric && leak.Name is "=" or "<" or "<=" or ">" or ">=" && await Leaks.IsLeakproofAsync(connection, leak.Name, Double, cancellationToken).ConfigureAwait(false))
        {
            return $"The same operator for double precision is leakproof: where 15 digits are enough, keep the value in a column of that type (or bigint for whole numbers), or beside it in a generated one, and search that: alter table {facts.Table.QuotedName} add column … double precision generated always as ({column.Quoted}::double precision) stored; {facts.CreateIndex("…")}.";
        }

        if (condition.Functions.Contains(leak.Name) && await Leaks.IsLeakproofAsync(connection, "=", Text, cancellationToken).ConfigureAwait(false))
        {
            return $"Keep what {leak.Name}() gives in a generated column, whose = is leakproof: alter table {facts.Table.QuotedName} add column … text generated always as ({leak.Name}({column.Quoted})) stored; {facts.CreateIndex("…")}.";
        }

        return $"No leakproof operator says the same. Search in a function of the owner's that is SECURITY DEFINER, has its path set, and filters by the tenant itself: where {facts.Table.QuotedColumn} = {installation.CurrentTenantCall} and {condition.Text}. Look through it as through a policy: it is one.";
    }

    private static async Task<string> PrefixAsync(NpgsqlConnection connection, TableFacts facts, TableFacts.Column column, string prefix, CancellationToken cancellationToken)
    {
        // The index by ranges of text must order by bytes; text_pattern_ops does, whatever the collation.
        var index = facts.IndexOn(column.Name) is { } there ? $"{there.Name} may serve it" : facts.CreateIndex($"{column.Quoted} text_pattern_ops");
        if (connection.PostgreSqlVersion.Major >= 15 && await Leaks.IsLeakproofAsync(connection, "^@", Text, cancellationToken).ConfigureAwait(false))
        {
            return $"Write {column.Quoted} ^@ {Quote.Literal(prefix)}: that operator is leakproof, and an index is searched by it; {index}.";
        }

        var last = prefix[..^1] + (char)(prefix[^1] + 1);
        return $"Write {column.Quoted} ~>=~ {Quote.Literal(prefix)} and {column.Quoted} ~<~ {Quote.Literal(last)}: an index of text_pattern_ops is searched by it; {index}.";
    }

    // 'Order%' alone: a text without wildcards, then one that stands for any rest.
    private static string? Prefix(Conjunct condition)
    {
        if (condition.Literals is not [['\'', .. var pattern, '%', '\'']] || pattern.Length == 0 || pattern.AsSpan().IndexOfAny("%_\\") >= 0)
        {
            return null;
        }

        return pattern.Replace("''", "'", StringComparison.Ordinal);
    }
}
