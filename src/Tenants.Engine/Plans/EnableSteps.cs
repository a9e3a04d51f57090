using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Plans;

/// <summary>
/// The steps that a table lacks to keep tenants apart, worked out from what it is: of a table that lacks nothing, none.
/// Enable-TenantRls runs them, and Get-TenantRls lists them as missing.
/// </summary>
internal sealed class EnableSteps(
    Installation installation, Version server, TableFamily family, EnableRequest request, string column, IReadOnlySet<string> takenNames, Fill fill)
{
    private readonly TableState _root = family.Root;
    private readonly string _quoted = Quote.Identifier(column);
    private readonly string _session = Quote.Identifier(installation.SessionRole);

    /// <summary>Rows are filled in by an UPDATE: a column that is new brings its values with it, but a child's that was there keeps its own.</summary>
    private bool NeedsUpdate => fill.IsNeeded && (fill.Expression is not null || family.Members.Any(m => m.Column is not null));

    /// <summary>Policies hide rows from the login while they are filled in, and are lifted for that.</summary>
    private bool IsLifted => NeedsUpdate && _root is { IsFiltered: true, IsForced: true };

    /// <summary>The tenant column's type, as SQL writes it.</summary>
    internal string Type => _root.Column?.Type ?? request.Type ?? installation.SqlType;

    private bool IsText => _root.Column?.IsText ?? ColumnCheck.IsTextType(request.BaseType ?? Type);

    /// <summary>All of them, in order. What enforces comes last, and all in one transaction: without a policy no row would be seen.</summary>
    public IEnumerable<PlanStep> All() => [.. Register(), .. Column(), .. Index(), .. Rights(), .. Owners(), .. Enforcement()];

    /// <summary>Those that a partition or child lacks by itself: rights it needs none, the root has them.</summary>
    public IEnumerable<PlanStep> ForChild() => [.. Owners(), .. Enforcement()];

    internal IEnumerable<PlanStep> Register() =>
        fill is { IsNeeded: true, IsRegistered: false, Tenant: not null } ? [Register(installation, fill.Tenant)] : [];

    /// <summary>The step that registers a tenant; one that is registered stays as it is.</summary>
    internal static PlanStep Register(Installation installation, string tenant)
    {
        var registry = $"{installation.QuotedSchema}.tenant";
        return new PlanStep($"tenant {tenant}", $"insert into {registry} (id) values ({Quote.Literal(tenant)}) on conflict (id) do nothing")
        {
            Lock = LockLevel.RowExclusive,
            LockedTable = registry,
            Mends = TenantRlsDifferenceKind.TenantMissing,
        };
    }

    private IEnumerable<PlanStep> Column() => [.. AddColumn(), .. FillRows(), .. SetDefault(), .. NotNull()];

    internal IEnumerable<PlanStep> AddColumn()
    {
        if (_root.Column is null)
        {
            // The server keeps a constant aside for the rows that are there and rewrites none. Never the default that the
            // column has later: it would be evaluated once, now, for all of them.
            var isConstant = fill is { IsNeeded: true, Tenant: not null };
            var value = isConstant ? $" default {Quote.Literal(fill.Tenant!)}" : "";
            var rows = isConstant ? $", its rows {fill.Whose}" : "";
            yield return Alter(_root, TenantRlsDifferenceKind.ColumnMissing, $"column {column}{rows}", $"add column {_quoted} {Type}{value}", $"drop column {_quoted}");
        }
    }

    internal IEnumerable<PlanStep> SetDefault()
    {
        if (_root.Column is null || _root.Column.Default != PolicyText.DefaultDeparsed(_root.SchemaIdent, _root.Column))
        {
            yield return Alter(
                _root,
                TenantRlsDifferenceKind.DefaultChanged,
                $"default of {column}: the session's tenant",
                $"alter column {_quoted} set default {PolicyText.Default(installation, Type, IsText)}",
                _root.Column?.Default is { } before ? $"alter column {_quoted} set default {before}" : $"alter column {_quoted} drop default");
        }
    }

    /// <summary>The tables whose column is to become NOT NULL. It reaches partitions and children by itself, unless the root had it already.</summary>
    internal IEnumerable<TableState> Nullable =>
        (_root.Column is { IsNotNull: true } ? family.Members : [_root]).Where(member => member.Column is not { IsNotNull: true });

    internal PlanStep NotNull(TableState member) =>
        Alter(member, TenantRlsDifferenceKind.NotNullMissing, $"{Of(member)}NOT NULL of {column}", $"alter column {_quoted} set not null", $"alter column {_quoted} drop not null");

    private IEnumerable<PlanStep> NotNull() => Nullable.Select(NotNull);

    private IEnumerable<PlanStep> FillRows()
    {
        if (!NeedsUpdate)
        {
            yield break;
        }

        if (IsLifted)
        {
            yield return Alter(_root, null, "the owner sees the rows that he fills in", "no force row level security", "force row level security");
        }

        // An error rather than a row that is passed over unseen.
        yield return new PlanStep("no row is passed over", "set local row_security = off");
        yield return new PlanStep(
            $"rows without a tenant become {fill.Whose}",
            $"update {_root.QuotedName} as t set {_quoted} = {fill.Value} where t.{_quoted} is null")
        {
            Lock = LockLevel.RowExclusive,
            LockedTable = _root.QuotedName,
            Mends = TenantRlsDifferenceKind.RowsWithoutTenant,
        };
        if (fill.Expression is not null)
        {
            yield return RowCheck.Step(_root, column);
        }

        yield return new PlanStep("back to the rule", "set local row_security = on");
    }

    // An index of a partitioned table reaches its partitions; one of a parent does not reach its children.
    private List<PlanStep> Index()
    {
        var taken = takenNames.ToHashSet(StringComparer.Ordinal);
        var steps = new List<PlanStep>();
        foreach (var member in (_root.IsPartitioned ? [_root] : family.Members).Where(m => m.Index is null))
        {
            foreach (var built in member.IsPartitioned ? family.Members : [member])
            {
                steps.AddRange(DropInvalid(built));
                taken.ExceptWith(built.InvalidIndexes);
            }

            steps.Add(Index(member, taken));
        }

        return steps;
    }

    // What a build left that was cut off costs writes and serves nobody; the new one takes its place.
    private IEnumerable<PlanStep> DropInvalid(TableState member) => member.InvalidIndexes.Select(name => new PlanStep(
        $"{Of(member)}the index {name}, whose building was cut off, goes", $"drop index {Quote.Identifier(member.Schema, name)}")
    {
        Lock = LockLevel.AccessExclusive,
        LockedTable = member.QuotedName,
        Mends = TenantRlsDifferenceKind.IndexInvalid,
    });

    /// <summary>An index, built in one go; its name is added to those that are taken.</summary>
    internal PlanStep Index(TableState member, HashSet<string> taken)
    {
        var name = IndexNames.Choose(member.Name, column, taken);
        taken.Add(name);
        return new PlanStep($"{Of(member)}index {name}, led by {column}", $"create index {Quote.Identifier(name)} on {member.QuotedName} ({_quoted})")
        {
            Down = $"drop index {Quote.Identifier(member.Schema, name)}",
            Lock = LockLevel.Share,
            LockedTable = member.QuotedName,
            CreatesIn = [.. (member.IsPartitioned ? family.Members : [member]).Select(m => m.Schema).Distinct()],
            Mends = TenantRlsDifferenceKind.IndexMissing,
            Index = new IndexBuild(Quote.Identifier(member.Schema, name), column),
        };
    }

    internal IEnumerable<PlanStep> Rights()
    {
        if (!_root.HasSchemaUsage)
        {
            var schema = Quote.Identifier(_root.Schema);
            yield return new PlanStep($"use of the schema {_root.Schema} for tenants' SQL", $"grant usage on schema {schema} to {_session}")
            {
                Down = $"revoke usage on schema {schema} from {_session}",
                Mends = TenantRlsDifferenceKind.RightMissing,
            };
        }

        if (request.Rights.Except(_root.Granted).ToList() is { Count: > 0 } missing)
        {
            var list = string.Join(", ", missing);
            yield return new PlanStep($"{list} for tenants' SQL", $"grant {list} on {_root.QuotedName} to {_session}")
            {
                Down = $"revoke {list} on {_root.QuotedName} from {_session}",
                Mends = TenantRlsDifferenceKind.RightMissing,
            };
        }

        // No policy filters TRUNCATE, REFERENCES and TRIGGER.
        if (_root.Granted.Except(request.Rights).ToList() is { Count: > 0 } surplus)
        {
            var list = string.Join(", ", surplus);
            yield return new PlanStep($"no {list} for tenants' SQL", $"revoke {list} on {_root.QuotedName} from {_session}")
            {
                Down = $"grant {list} on {_root.QuotedName} to {_session}",
                Mends = TenantRlsDifferenceKind.RightSurplus,
            };
        }

        foreach (var sequence in _root.Sequences.Where(s => !s.IsUsable))
        {
            yield return new PlanStep($"use of the sequence {sequence.DisplayName} for tenants' SQL", $"grant usage on sequence {sequence.QuotedName} to {_session}")
            {
                Down = $"revoke usage on sequence {sequence.QuotedName} from {_session}",
                Mends = TenantRlsDifferenceKind.RightMissing,
            };
        }

        // Through the root they are reached without a right of their own.
        foreach (var child in family.Children.Where(c => c.Granted.Length > 0))
        {
            var list = string.Join(", ", child.Granted);
            yield return new PlanStep($"{Of(child)}no rights of its own for tenants' SQL", $"revoke {list} on {child.QuotedName} from {_session}")
            {
                Down = $"grant {list} on {child.QuotedName} to {_session}",
                Concerns = child.QuotedName,
                Mends = TenantRlsDifferenceKind.RightSurplus,
            };
        }
    }

    internal IEnumerable<PlanStep> Owners()
    {
        var admin = Quote.Identifier(installation.AdminRole);
        foreach (var owner in family.Members.Where(m => !m.OwnerSeesAll).Select(m => m.Owner).Distinct())
        {
            yield return new PlanStep($"the owner {owner} goes on seeing all rows", RoleGrant.Full(server, admin, Quote.Identifier(owner)))
            {
                Down = $"revoke {admin} from {Quote.Identifier(owner)}",
                Mends = TenantRlsDifferenceKind.OwnerBlind,
            };
        }
    }

    private IEnumerable<PlanStep> Enforcement() => family.Members.SelectMany(Enforce);

    internal IEnumerable<PlanStep> Enforce(TableState member)
    {
        var isolation = PolicyText.Isolation(installation, _quoted, IsText);
        var isolated = member.Column is null ? null : PolicyText.IsolationDeparsed(installation, member.SchemaIdent, member.Column);
        foreach (var step in Policy(member, TenantTables.IsolationPolicy, "", "public", isolation, isolated))
        {
            yield return step;
        }

        var admin = AdminPass.Text(installation);
        foreach (var step in Policy(member, TenantTables.AdminPolicy, installation.AdminRole, Quote.Identifier(installation.AdminRole), admin, PolicyText.AdminDeparsed(installation)))
        {
            yield return step;
        }

        if (!member.IsEnabled)
        {
            yield return Alter(member, TenantRlsDifferenceKind.RowSecurityOff, $"{Of(member)}row security", "enable row level security", "disable row level security");
        }

        if (!member.IsForced || (IsLifted && member == _root))
        {
            yield return Alter(member, member.IsForced ? null : TenantRlsDifferenceKind.ForceOff, $"{Of(member)}row security for the owner too (FORCE)", "force row level security", "no force row level security");
        }
    }

    private IEnumerable<PlanStep> Policy(TableState member, string name, string role, string quotedRole, string condition, string? deparsed)
    {
        var quoted = Quote.Identifier(name);
        var standing = member.Policies.FirstOrDefault(p => p.Name == name);
        if (standing is not null && deparsed is not null && standing.Is(role, deparsed))
        {
            yield break;
        }

        if (standing is not null)
        {
            yield return Step(member, TenantRlsDifferenceKind.PolicyChanged, $"{Of(member)}the policy {name} says something else", $"drop policy {quoted} on {member.QuotedName}", null);
        }

        yield return Step(
            member,
            standing is null ? TenantRlsDifferenceKind.PolicyMissing : null,
            $"{Of(member)}policy {name}",
            $"""
            create policy {quoted} on {member.QuotedName} as permissive for all to {quotedRole}
                using ({condition})
                with check ({condition})
            """,
            $"drop policy {quoted} on {member.QuotedName}");
    }

    internal string Of(TableState member) => member == _root ? "" : $"{(_root.IsPartitioned ? "partition" : "child")} {member.DisplayName}: ";

    internal static PlanStep Alter(TableState table, TenantRlsDifferenceKind? mends, string purpose, string up, string down) =>
        Step(table, mends, purpose, $"alter table {table.QuotedName} {up}", $"alter table {table.QuotedName} {down}");

    internal static PlanStep Step(TableState table, TenantRlsDifferenceKind? mends, string purpose, string up, string? down) =>
        new(purpose, up) { Down = down, Lock = LockLevel.AccessExclusive, LockedTable = table.QuotedName, Mends = mends };
}
