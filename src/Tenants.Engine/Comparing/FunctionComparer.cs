using System.Text.RegularExpressions;
using Npgsql;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Comparing;

/// <summary>
/// Compares the module's functions with what it makes: every policy rests on them, and one that was replaced opens all tables at once.
/// </summary>
internal static partial class FunctionComparer
{
    // The path rules how a body is written out; it ends with the batch.
    private const string Query = """
        select f.proname::text || '(' || f.pronargs || ')',
               coalesce(pg_catalog.pg_get_function_sqlbody(f.oid), f.prosrc),
               f.prosecdef, coalesce(f.proconfig @> array['search_path=pg_catalog, pg_temp'], false), o.rolname::text
        from pg_catalog.pg_proc f
        join pg_catalog.pg_namespace n on n.oid = f.pronamespace and n.nspname = $1
        join pg_catalog.pg_roles o on o.oid = f.proowner
        order by f.proname, f.pronargs
        """;

    // Bodies that were bound when they were made, as PostgreSQL writes them out (the same from 14 to 18).
    private static readonly Dictionary<string, string> s_bound = new(StringComparer.Ordinal)
    {
        ["sign(3)"] = "RETURN sha256((outer_pad || sha256((inner_pad || message))))",
        ["context_message(1)"] =
            "RETURN (((((convert_to('context'::text, 'UTF8'::name) || int4send(pg_backend_pid())) || timestamptz_send(transaction_timestamp())) || int4send(octet_length(convert_to((SESSION_USER)::text, 'UTF8'::name)))) || convert_to((SESSION_USER)::text, 'UTF8'::name)) || convert_to(tenant, 'UTF8'::name))",
    };

    /// <summary>One difference for each that is not as the module makes it; none for an older stamp, whose functions are others.</summary>
    public static async Task<IReadOnlyList<TenantRlsDifference>> CompareAsync(
        NpgsqlConnection connection, Installation installation, CancellationToken cancellationToken)
    {
        if (installation.Version != Installation.CurrentVersion)
        {
            return [];
        }

        var found = await ReadAsync(connection, installation, cancellationToken).ConfigureAwait(false);
        var expected = Expected(installation);
        return
        [
            .. expected.Where(e => !found.TryGetValue(e.Key, out var there) || there != e.Value).Select(e => Changed(
                installation, e.Key, found.ContainsKey(e.Key) ? "It says or does something else than the module's" : "It is gone")),
            .. found.Keys.Where(name => !expected.ContainsKey(name)).Select(name => Surplus(installation, name)),
        ];
    }

    private static async Task<Dictionary<string, Function>> ReadAsync(NpgsqlConnection connection, Installation installation, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("select pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)"),
                new NpgsqlBatchCommand(Query) { Parameters = { new NpgsqlParameter<string> { TypedValue = installation.Schema } } },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var found = new Dictionary<string, Function>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            found[reader.GetString(0)] = new Function(reader.GetString(1).ReplaceLineEndings("\n").Trim(), reader.GetBoolean(2), reader.GetBoolean(3), reader.GetString(4));
        }

        return found;
    }

    private static Dictionary<string, Function> Expected(Installation installation)
    {
        var expected = s_bound.ToDictionary(b => b.Key, b => new Function(b.Value, false, false, installation.OwnerRole), StringComparer.Ordinal);
        foreach (Match made in Definition().Matches(UpdatePlanner.FunctionsSql(installation)))
        {
            // As pg_proc counts them: those that come back are none.
            var arguments = made.Groups["arguments"].Value.Split(',', StringSplitOptions.RemoveEmptyEntries).Count(a => !a.TrimStart().StartsWith("out ", StringComparison.Ordinal));
            expected[$"{made.Groups["name"].Value}({arguments})"] = new Function(made.Groups["body"].Value.Trim(), true, true, installation.OwnerRole);
        }

        return expected;
    }

    private static TenantRlsDifference Changed(Installation installation, string name, string what) => Of(
        installation,
        name,
        $"{what}: what keeps tenants apart rests on it, on every table.").MendedBy([.. UpdatePlanner.FunctionSteps(installation)]);

    private static TenantRlsDifference Surplus(Installation installation, string name) => Of(
        installation,
        name,
        "The module makes no such function, and what lies in its schema is trusted by all that calls there. Drop it, if nobody knows what it is for.");

    private static TenantRlsDifference Of(Installation installation, string name, string description) => new()
    {
        Kind = TenantRlsDifferenceKind.FunctionChanged,
        Severity = TenantRlsSeverity.Critical,
        Name = $"{installation.Schema}.{name[..name.IndexOf('(', StringComparison.Ordinal)]}",
        Description = $"The function {installation.Schema}.{name[..name.IndexOf('(', StringComparison.Ordinal)]}: {description}",
    };

    [GeneratedRegex(@"create or replace function [^(]*?\.(?<name>\w+)\((?<arguments>[^)]*)\)(?:(?!create or replace function).)*?as \$function\$(?<body>.*?)\$function\$", RegexOptions.Singleline)]
    private static partial Regex Definition();

    private sealed record Function(string Body, bool IsDefiner, bool IsPinned, string Owner);
}
