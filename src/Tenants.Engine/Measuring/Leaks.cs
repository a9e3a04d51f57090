using Npgsql;
using NpgsqlTypes;

namespace Tenants.Engine.Measuring;

/// <summary>
/// Which operators and functions of a condition are not leakproof, by <c>pg_proc.proleakproof</c>. Row security lets only leakproof ones look at a row before the policy has; the others
/// run after it, and no index is searched by them.
/// </summary>
internal static class Leaks
{
    private const string Query = """
        select o.oprname::text, o.oid::pg_catalog.regoperator::text, p.oid::pg_catalog.regprocedure::text, p.proleakproof
        from pg_catalog.pg_operator o
        join pg_catalog.pg_proc p on p.oid = o.oprcode
        where o.oprname = any($1) and o.oprleft = any($3)
        union all
        select p.proname::text, p.oid::pg_catalog.regprocedure::text, p.oid::pg_catalog.regprocedure::text, p.proleakproof
        from pg_catalog.pg_proc p
        where p.proname = any($2) and p.prokind = 'f' and p.proargtypes[0] = any($3)
        """;

    /// <summary>Those of a condition on some columns.</summary>
    /// <param name="connection">The connection to ask.</param>
    /// <param name="condition">The condition.</param>
    /// <param name="columns">The columns that it speaks of.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<IReadOnlyList<Leak>> FindAsync(
        NpgsqlConnection connection, Conjunct condition, IReadOnlyList<TableFacts.Column> columns, CancellationToken cancellationToken) =>
        [.. (await ReadAsync(connection, condition.Operators, condition.Functions, [.. columns.SelectMany(c => c.OperandTypes()).Distinct()], cancellationToken).ConfigureAwait(false))
            .Where(o => !o.IsLeakproof)];

    /// <summary>True if an operator for a type is there, and leakproof.</summary>
    public static async Task<bool> IsLeakproofAsync(NpgsqlConnection connection, string name, uint type, CancellationToken cancellationToken) =>
        (await ReadAsync(connection, [name], [], [type], cancellationToken).ConfigureAwait(false)) is { Count: > 0 } found && found.Any(o => o.IsLeakproof);

    private static async Task<List<Leak>> ReadAsync(
        NpgsqlConnection connection, IReadOnlyList<string> operators, IReadOnlyList<string> functions, uint[] types, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Query, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string[]> { TypedValue = [.. operators] },
                new NpgsqlParameter<string[]> { TypedValue = [.. functions] },
                new NpgsqlParameter { Value = types, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Oid },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var found = new List<Leak>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            found.Add(new Leak(reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetBoolean(3)));
        }

        return found;
    }
}

/// <summary>An operator or function.</summary>
/// <param name="Name">Its name: <c>~~</c>, <c>lower</c>.</param>
/// <param name="Signature">It with its types: <c>~~(text,text)</c>.</param>
/// <param name="Function">The function behind it.</param>
/// <param name="IsLeakproof">It is leakproof.</param>
internal sealed record Leak(string Name, string Signature, string Function, bool IsLeakproof);
