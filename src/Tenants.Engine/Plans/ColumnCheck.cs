using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Plans;

/// <summary>Which columns can hold a tenant's identifier.</summary>
internal static class ColumnCheck
{
    /// <summary>The type of tenants that a column gives to a database that has none yet.</summary>
    public static TenantIdType? TypeFor(TenantColumn? column) => column switch
    {
        null => TenantIdType.Text,
        { IsText: true } => TenantIdType.Text,
        { BaseType: "integer" } => TenantIdType.Integer,
        { BaseType: "bigint" } => TenantIdType.Bigint,
        { BaseType: "uuid" } => TenantIdType.Uuid,
        _ => null,
    };

    /// <summary>A type, as PostgreSQL writes it, that holds identifiers as text.</summary>
    public static bool IsTextType(string type) => type is "text" or "character varying" || type.StartsWith("character varying(", StringComparison.Ordinal);

    /// <summary>Whether a column of a type, as PostgreSQL writes it, can hold tenants of another.</summary>
    public static bool Fits(string baseType, TenantIdType tenants) => IsTextType(baseType) || baseType switch
    {
        "integer" or "bigint" => tenants is TenantIdType.Integer or TenantIdType.Bigint,
        "uuid" => tenants == TenantIdType.Uuid,
        _ => false,
    };

    /// <summary>Refuses a column that has another type than was asked for.</summary>
    /// <exception cref="TenantException"><c>ColumnTypeMismatch</c>.</exception>
    public static void EnsureSame(TableState table, string? asked, bool isIsolated)
    {
        if (asked is null || table.Column is not { } column || column.Type == asked)
        {
            return;
        }

        var alter = AlterType(table, column, asked);
        var name = TableCheck.PowerShellText(table.DisplayName);
        throw new TenantException(
            "ColumnTypeMismatch",
            TenantErrorKind.InvalidState,
            $"The column {Quote.Identifier(column.Name)} of {table.DisplayName} is of type {column.Type}, and was asked for as {asked}. "
            + (isIsolated
                ? $"PostgreSQL changes no column that a policy names: Disable-TenantRls {name}, then {alter}, then enable it again. Or ask for {column.Type}."
                : $"Change it first, which rewrites the table: {alter}. Or ask for {column.Type}."))
        {
            Table = table.DisplayName,
            Target = table.DisplayName,
        };
    }

    /// <summary>Refuses a column that cannot be.</summary>
    /// <exception cref="TenantException"><c>ColumnTypeNotSupported</c>.</exception>
    public static void EnsureFits(TableState table, TenantIdType type)
    {
        if (table.Column is not { } column)
        {
            return;
        }

        if (column.IsGenerated)
        {
            throw Refuse(table, column, "is computed by the server (generated, or an identity), and a tenant cannot be", "Name another column with -Column.");
        }

        if (column.BaseType.EndsWith("citext", StringComparison.Ordinal) || !column.IsDeterministic)
        {
            throw Refuse(
                table,
                column,
                "takes texts for equal that are not: 'ACME' and 'acme' would be one tenant",
                $"Change it first: {AlterType(table, column, Installation.SqlTypeOf(type) == "text" ? "text collate \"default\"" : Installation.SqlTypeOf(type))}");
        }

        var fits = TypeFor(column) is { } own
            && (own == type || own == TenantIdType.Text || (own is TenantIdType.Integer or TenantIdType.Bigint && type is TenantIdType.Integer or TenantIdType.Bigint));
        if (!fits)
        {
            var name = Installation.SqlTypeOf(type);
            throw Refuse(
                table,
                column,
                $"cannot hold this database's tenants, which are of type {name}",
                $"What would do: {Allowed(type)}, or a domain over one of them. {AlterType(table, column, name)}; or name another column with -Column.");
        }
    }

    /// <summary>An SQL condition that holds for values that are no tenant's identifier; null where every value of the type is one.</summary>
    public static string? UnfitCondition(TenantColumn column, TenantIdType type)
    {
        var value = Quote.Identifier(column.Name);
        return (column.IsText, type) switch
        {
            (true, TenantIdType.Integer) => Number(value, int.MinValue, int.MaxValue),
            (true, TenantIdType.Bigint) => Number(value, long.MinValue, long.MaxValue),

            // As the server writes it: in another form the same identifier would be another text.
            (true, TenantIdType.Uuid) => $"{value}::text !~ '^[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}$'",
            (false, TenantIdType.Integer) when TypeFor(column) == TenantIdType.Bigint => $"{value} not between {int.MinValue} and {int.MaxValue}",
            _ => null,
        };
    }

    private static string Number(string value, long least, long most) =>
        $"case when {value}::text ~ '^(0|-?[1-9][0-9]{{0,18}})$' then {value}::text::numeric not between {least} and {most} else true end";

    /// <summary>The types of columns that can hold tenants, for messages.</summary>
    public static string Allowed(TenantIdType type) => type switch
    {
        TenantIdType.Text => "text, varchar",
        TenantIdType.Integer => "integer, bigint, text, varchar",
        TenantIdType.Bigint => "bigint, integer, text, varchar",
        _ => "uuid, text, varchar",
    };

    private static string AlterType(TableState table, TenantColumn column, string type) =>
        $"alter table {table.QuotedName} alter column {Quote.Identifier(column.Name)} type {type} using {Quote.Identifier(column.Name)}::text{(type.StartsWith("text", StringComparison.Ordinal) ? "" : $"::{type}")}";

    private static TenantException Refuse(TableState table, TenantColumn column, string why, string mend) => new(
        "ColumnTypeNotSupported",
        TenantErrorKind.InvalidData,
        $"The column {Quote.Identifier(column.Name)} of {table.DisplayName}, of type {column.Type}, {why}. {mend}")
    {
        Table = table.DisplayName,
        Target = table.DisplayName,
    };
}
