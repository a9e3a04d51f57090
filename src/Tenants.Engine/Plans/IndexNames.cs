using System.Globalization;
using System.Text;
using Npgsql;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Plans;

/// <summary>Names for indexes, as PostgreSQL would choose them; chosen here so that a plan can be shown before it runs.</summary>
internal static class IndexNames
{
    /// <summary>The names in some schemas that could be taken for an index's.</summary>
    public static async Task<IReadOnlySet<string>> TakenAsync(NpgsqlConnection connection, string[] schemas, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            select c.relname::text from pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where n.nspname = any ($1) and c.relname ~ '_idx[0-9]*$'
            """,
            connection)
        {
            Parameters = { new NpgsqlParameter<string[]> { TypedValue = schemas } },
        };
        var taken = new HashSet<string>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            taken.Add(reader.GetString(0));
        }

        return taken;
    }

    /// <summary>A name that is not among those taken: <c>table_column_idx</c>, cut so that it fits, with a number where it must.</summary>
    public static string Choose(string table, string column, IReadOnlySet<string> taken) => Choose(table, column, "_idx", taken);

    /// <summary>A name of that form with another ending.</summary>
    public static string Choose(string table, string column, string ending, IReadOnlySet<string> taken)
    {
        for (var number = 0; ; number++)
        {
            var suffix = number == 0 ? ending : ending + number.ToString(CultureInfo.InvariantCulture);
            var name = Fit(table, column, Quote.MaxIdentifierBytes - suffix.Length) + suffix;
            if (!taken.Contains(name))
            {
                return name;
            }
        }
    }

    /// <summary>True for a name that <see cref="Choose(string, string, string, IReadOnlySet{string})"/> could have given.</summary>
    public static bool IsChosen(string name, string table, string column, string ending)
    {
        var at = name.LastIndexOf(ending, StringComparison.Ordinal);
        var suffix = at < 0 ? "" : name[at..];
        return suffix.Length > 0
            && suffix[ending.Length..].All(char.IsAsciiDigit)
            && name == Fit(table, column, Quote.MaxIdentifierBytes - suffix.Length) + suffix;
    }

    // The longer part gives way.
    private static string Fit(string table, string column, int bytes)
    {
        while (Encoding.UTF8.GetByteCount(table) + 1 + Encoding.UTF8.GetByteCount(column) > bytes)
        {
            if (Encoding.UTF8.GetByteCount(table) >= Encoding.UTF8.GetByteCount(column))
            {
                table = CutLast(table);
            }
            else
            {
                column = CutLast(column);
            }
        }

        return $"{table}_{column}";
    }

    private static string CutLast(string text) => text[..^(char.IsLowSurrogate(text[^1]) ? 2 : 1)];
}
