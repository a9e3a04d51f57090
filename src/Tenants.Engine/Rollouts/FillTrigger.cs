using Tenants.Engine.Catalog;
using Tenants.Engine.Plans;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Rollouts;

/// <summary>
/// The trigger that gives a tenant to rows which code that knows of none goes on writing, until the table is enforced. Its function
/// lies beside the table: there the admin may create what an index needs as well, and the module's schema stays closed.
/// </summary>
internal static class FillTrigger
{
    /// <summary>Triggers fire in the order of their names: after those that set what the expression reads.</summary>
    public const string Name = "zz_tenants_fill";

    /// <summary>The one that derives a row's tenant anew where what it is derived from was changed.</summary>
    public const string Anew = "zz_tenants_fill_anew";

    /// <summary>The steps that make it, on a table and on each child that does not inherit it.</summary>
    public static IEnumerable<PlanStep> Create(TableState root, IReadOnlyList<TableState> tables, string function, string column, Fill fill)
    {
        yield return new PlanStep("what gives rows a tenant that old code writes", CreateFunction(root, function, column, fill))
        {
            Down = DropFunction(function),
            CreatesIn = [root.Schema],
        };
        yield return new PlanStep("nobody else may use it", Revoke(function));
        foreach (var table in tables)
        {
            yield return new PlanStep($"rows that old code writes to {table.DisplayName} get a tenant", CreateOn(table, function, column))
            {
                Down = DropFrom(table, Name),
                Lock = LockLevel.ShareRowExclusive,
                LockedTable = table.QuotedName,
            };
            if (IsDerivedAnew(fill))
            {
                yield return new PlanStep($"rows of {table.DisplayName} get it anew where old code changes what it is derived from", CreateAnew(table, function, column))
                {
                    Down = DropFrom(table, Anew),
                    Lock = LockLevel.ShareRowExclusive,
                    LockedTable = table.QuotedName,
                };
            }
        }
    }

    /// <summary>Rows change that the expression reads.</summary>
    public static bool IsDerivedAnew(Fill fill) => fill is { Expression: not null, Row.Changed: not null };

    /// <summary>The steps that drop it.</summary>
    public static IEnumerable<PlanStep> Drop(TableState root, IReadOnlyList<(TableState Table, bool IsDerivedAnew)> tables, string function, string column, Fill fill)
    {
        foreach (var (table, isDerivedAnew) in tables)
        {
            if (isDerivedAnew)
            {
                yield return new PlanStep($"no tenant of {table.DisplayName} is derived anew", DropFrom(table, Anew))
                {
                    Down = IsDerivedAnew(fill) ? CreateAnew(table, function, column) : null,
                    Lock = LockLevel.AccessExclusive,
                    LockedTable = table.QuotedName,
                };
            }

            yield return new PlanStep($"no trigger on {table.DisplayName}: each row has its tenant by itself", DropFrom(table, Name))
            {
                Down = fill.Value is null ? null : CreateOn(table, function, column),
                Lock = LockLevel.AccessExclusive,
                LockedTable = table.QuotedName,
            };
        }

        yield return new PlanStep("nor its function", DropFunction(function)) { Down = fill.Value is null ? null : $"{CreateFunction(root, function, column, fill)};\n{Revoke(function)}" };
    }

    private static string DropFunction(string function) => $"drop function {function}()";

    // Default privileges may give it to others than PUBLIC as well.
    private static string Revoke(string function) => $"do {Quote.Dollar($"""
        declare
            other record;
        begin
            for other in
                select case a.grantee when 0 then 'public' else pg_catalog.quote_ident(r.rolname) end as grantee
                from pg_catalog.pg_proc p
                cross join lateral pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) a
                left join pg_catalog.pg_roles r on r.oid = a.grantee
                where p.oid = {Quote.Literal($"{function}()")}::pg_catalog.regprocedure and a.grantee <> p.proowner
            loop
                execute pg_catalog.format('revoke all on function %s from %s cascade', {Quote.Literal($"{function}()")}, other.grantee);
            end loop;
        end
        """)}";

    private static string DropFrom(TableState table, string name) => $"drop trigger {Quote.Identifier(name)} on {table.QuotedName}";

    private static string CreateOn(TableState table, string function, string column) => $"""
        create trigger {Quote.Identifier(Name)} before insert or update on {table.QuotedName}
            for each row when (new.{Quote.Identifier(column)} is null) execute function {function}()
        """;

    // A statement that gives a tenant itself is believed. A trigger that fires on INSERT too may not look at OLD, hence two of them;
    // and the filling in of rows, which changes the tenant, never gets as far as the function.
    private static string CreateAnew(TableState table, string function, string column) => $"""
        create trigger {Quote.Identifier(Anew)} before update on {table.QuotedName}
            for each row when (new.{Quote.Identifier(column)} is not null and old.{Quote.Identifier(column)} is not distinct from new.{Quote.Identifier(column)}) execute function {function}()
        """;

    // An expression may read tables on which old code's login has no rights, hence SECURITY DEFINER; whose session it is it asks
    // all the same, so that rows hidden by policies stay hidden. A row for which it fails, finds nothing or may not see all that it
    // reads is written without a tenant, and is filled in or reported before anything is enforced: old code never fails by it, and
    // no fallback is taken for what was hidden. On any other table it does nothing, before it looks at the row: whose columns those
    // are, casts of theirs would run with the maker's rights. After the table was renamed it does nothing at all.
    private static string CreateFunction(TableState root, string function, string column, Fill fill) => fill.Expression is null
        ? $"""
        create function {function}() returns trigger
            language plpgsql set search_path = pg_catalog, pg_temp
        as {Quote.Dollar($"""
        begin
            new.{Quote.Identifier(column)} := {fill.Value};
            return new;
        end
        """)}
        """
        : $"""
        create function {function}() returns trigger
            language plpgsql security definer set search_path = pg_catalog, pg_temp
        as {Quote.Dollar($"""
        #variable_conflict use_column
        declare
            own pg_catalog.oid := pg_catalog.to_regclass({Quote.Literal(root.QuotedName)});
        begin
            if own is null or (own <> tg_relid and own is distinct from pg_catalog.pg_partition_root(tg_relid) and not exists (
                with recursive above(oid) as (
                    select h.inhparent from pg_catalog.pg_inherits h where h.inhrelid = tg_relid
                    union
                    select h.inhparent from above u join pg_catalog.pg_inherits h on h.inhrelid = u.oid)
                select from above u where u.oid = own)) then
                return new;
            end if;

            begin
                if new.{Quote.Identifier(column)} is not null then
                    if not ({fill.Row?.Changed ?? "false"}) then
                        return new;
                    end if;

                    new.{Quote.Identifier(column)} := null;
                end if;

                if not ({fill.Row?.IsBound ?? "false"}) then
                    new.{Quote.Identifier(column)} := (select {fill.Value} from ({fill.Row?.NewRow ?? RowExpression.AsItIs}) t);
                end if;
            exception when others then
                new.{Quote.Identifier(column)} := null;
            end;

            return new;
        end
        """)}
        """;
}
