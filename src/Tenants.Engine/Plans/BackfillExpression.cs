using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Plans;

/// <summary>
/// Has the server read the expression that gives rows their tenant, over a row that is named <c>t</c>, and write it out again with
/// every name qualified: what runs it later looks nothing up by path. It is read as a condition of a view that is gone at once,
/// for a condition is what an UPDATE takes as well: no aggregates, and one value for each row.
/// </summary>
internal static class BackfillExpression
{
    private const string Relations = """
        select distinct d.refobjid
        from pg_catalog.pg_depend d join pg_catalog.pg_rewrite r on r.oid = d.objid and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
        where r.ev_class = $1::pg_catalog.regclass and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid <> r.ev_class
        """;

    /// <summary>The expression as PostgreSQL writes it, cast to the tenant column's type.</summary>
    /// <exception cref="TenantException">
    /// <c>BackfillInvalid</c>: it is not one value of a row; <c>BackfillNotTrusted</c>: it runs what somebody else may change; <c>RowsHidden</c>: policies hide rows of a table that it reads.
    /// </exception>
    public static async Task<RowExpression> ReadAsync(EnableContext context, TableState table, string column, EnableRequest request, CancellationToken cancellationToken)
    {
        var connection = context.Connection;
        var name = "tenants_" + Guid.NewGuid().ToString("N")[..12];
        var view = $"pg_temp.{Quote.Identifier(name)}";
        await BackfillRights.EnsureTemporaryAsync(connection, cancellationToken).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Text is not cast to a length: one that is too long is an error and not cut. The second table makes the server write
            // the columns with the name of theirs; the line break ends a comment.
            await ExecuteAsync(
                connection,
                $"create temporary view {Quote.Identifier(name)} as select from only {table.QuotedName} t, (select 1) {Quote.Identifier(name)} where ((\n{request.Backfill}\n)::{Type(context, table, request)}) is not null",
                cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException error) when (error.SqlState[..2] is "42" or "22" or "21" or "0A")
        {
            throw Invalid(table, error.MessageText, error.SqlState, error.Hint);
        }

        await ExecuteAsync(connection, "select pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)", cancellationToken).ConfigureAwait(false);
        var text = Cut(await DefinitionAsync(connection, view, cancellationToken).ConfigureAwait(false), name) ?? throw Invalid(table, "it is more than one expression");
        var read = await RelationsAsync(connection, view, cancellationToken).ConfigureAwait(false);
        await BackfillRights.EnsureTrustedAsync(context, view, table, cancellationToken).ConfigureAwait(false);
        var (row, computed, changed) = await GeneratedColumns.ReadAsync(connection, view, table, column, cancellationToken).ConfigureAwait(false);
        if (computed.Count > 0)
        {
            // What they are computed by runs in the trigger as well.
            var computing = $"pg_temp.{Quote.Identifier(name + "_g")}";
            await ExecuteAsync(
                connection, $"create view {computing} as select from only {table.QuotedName} where {string.Join(" or ", computed.Select(c => $"({c}) is null"))}", cancellationToken).ConfigureAwait(false);
            await BackfillRights.EnsureTrustedAsync(context, computing, table, cancellationToken).ConfigureAwait(false);
        }

        var expression = new RowExpression(text)
        {
            NewRow = row,
            Changed = changed,
            IsBound = await BackfillSight.ReadAsync(connection, view, table, cancellationToken).ConfigureAwait(false),
        };
        expression = expression with { NotInTrigger = await TryAsync(connection, expression, table, cancellationToken).ConfigureAwait(false) };
        await transaction.RollbackAsync(cancellationToken).ConfigureAwait(false);
        await EnsureSeenAsync(context, [.. read.Where(oid => oid != table.Oid)], cancellationToken).ConfigureAwait(false);
        return expression;
    }

    private static string Type(EnableContext context, TableState table, EnableRequest request)
    {
        var type = table.Column?.BaseType ?? request.BaseType ?? request.Type ?? context.Installation.SqlType;
        return ColumnCheck.IsTextType(type) ? "text" : type;
    }

    // "… (SELECT 1) name WHERE (<expression> IS NOT NULL);", in lines of the server's choice.
    private static string? Cut(string definition, string name)
    {
        const string Before = "WHERE (";
        const string After = " IS NOT NULL);";
        var from = definition.IndexOf($" {name}\n", StringComparison.Ordinal);
        var start = from < 0 ? -1 : definition.IndexOf(Before, from, StringComparison.Ordinal);
        if (start < 0 || !definition.EndsWith(After, StringComparison.Ordinal) || definition.Length - After.Length < start + Before.Length)
        {
            return null;
        }

        var text = definition[(start + Before.Length)..^After.Length];

        // Several columns are a row, which has a text as well.
        return Deparsed.IsBalanced(text) && !text.TrimStart('(').StartsWith("ROW(", StringComparison.Ordinal) ? text : null;
    }

    private static async Task<string> DefinitionAsync(NpgsqlConnection connection, string view, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select pg_catalog.pg_get_viewdef($1::pg_catalog.regclass)", connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = view } },
        };
        return (string)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }

    private static async Task<List<uint>> RelationsAsync(NpgsqlConnection connection, string view, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Relations, connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = view } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var oids = new List<uint>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            oids.Add(reader.GetFieldValue<uint>(0));
        }

        return oids;
    }

    // In a trigger the row is no table's: it has no system columns, and no function over rows of the table takes it. Ends the transaction.
    private static async Task<string?> TryAsync(NpgsqlConnection connection, RowExpression expression, TableState table, CancellationToken cancellationToken)
    {
        try
        {
            await ExecuteAsync(
                connection,
                $"select {expression.Text} from (select (null::{table.QuotedName}).*) new cross join lateral ({expression.NewRow}) t limit 0",
                cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (PostgresException error) when (error.SqlState.StartsWith("42", StringComparison.Ordinal))
        {
            return error.MessageText;
        }
    }

    // A table that hides rows would give NULL for them, and nobody would know why.
    private static async Task EnsureSeenAsync(EnableContext context, IReadOnlyList<uint> read, CancellationToken cancellationToken)
    {
        var states = await TableStateReader.ReadAsync(context.Connection, context.Installation, [.. read.Select(oid => (oid, (string?)null))], cancellationToken).ConfigureAwait(false);
        foreach (var state in states.Values)
        {
            state.EnsureAllRowsSeen(context.Installation);
        }
    }

    // As a batch's command the text is one statement: the driver splits nothing, and the server takes no second.
    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { new NpgsqlBatchCommand(sql) } };
        await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private static TenantException Invalid(TableState table, string why, string? sqlState = null, string? hint = null) => new(
        "BackfillInvalid",
        TenantErrorKind.Syntax,
        $"What -Backfill holds is not one value for each row of {table.DisplayName}: {why}. Write an expression over its columns, or a query of one value: {{ select a.tenant from account a where a.id = t.account_id }}; the row is named t.")
    {
        SqlState = sqlState,
        Hint = hint,
        Table = table.DisplayName,
        Target = table.DisplayName,
    };
}
