using Tenants.Engine.Catalog;
using Tenants.Engine.Plans;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Rollouts;

/// <summary>
/// The steps that a table in use lacks, in an order in which nobody waits long and code that knows of no tenants goes on working
/// until the table is enforced. Each unit takes a strong lock only for what the catalog alone knows; what reads or writes rows
/// takes none that others wait for.
/// </summary>
internal sealed class RolloutSteps(
    TableFamily family, EnableSteps lacks, Fill fill, string column, IReadOnlyDictionary<uint, RolloutFacts> facts, RolloutNames names, IReadOnlySet<string> takenIndexes, PlanStep? forget, IReadOnlyList<PlanStep> policies)
{
    private readonly TableState _root = family.Root;
    private readonly string _quoted = Quote.Identifier(column);

    /// <summary>The column, what fills it, its rows and its index.</summary>
    public IEnumerable<PlanStep> Prepare() => [.. StaleChecks(), .. First(Column()), .. Rows(), .. Index()];

    /// <summary>What makes it hold. Nothing of it happens while a row is without a tenant.</summary>
    /// <param name="isAlone">Nothing of the other part comes before it.</param>
    public IEnumerable<PlanStep> Enforce(bool isAlone) => [.. isAlone ? StaleChecks() : [], .. NotNull(), .. Children(), .. First(Root())];

    // Who holds rows of his own.
    private IEnumerable<TableState> Leaves => family.Members.Where(m => !m.IsPartitioned);

    // A trigger of a partitioned table is its partitions' as well; one of a parent is not its children's.
    private IReadOnlyList<TableState> Triggered => _root.IsPartitioned ? [_root] : [.. family.Members];

    private string Function => Triggered.Select(m => Facts(m).Function).FirstOrDefault(f => f is not null) ?? names.Function(_root, column);

    private RolloutFacts Facts(TableState member) => facts.GetValueOrDefault(member.Oid, RolloutFacts.None);

    // The trigger comes with the column: between the two, rows without a tenant could come.
    private IEnumerable<PlanStep> Column() => [.. lacks.Register(), .. lacks.AddColumn(), .. lacks.SetDefault(), .. Trigger()];

    /// <summary>The function, which an earlier run may have made, is bound to a table.</summary>
    public bool BindsTrigger => Untriggered.Count > 0;

    private List<TableState> Untriggered => fill.IsNeeded ? [.. Triggered.Where(m => Facts(m).Function is null)] : [];

    private IEnumerable<PlanStep> Trigger()
    {
        var missing = Untriggered;
        if (missing.Count == 0)
        {
            return [];
        }

        var steps = FillTrigger.Create(_root, missing, Function, column, fill);
        return missing.Count == Triggered.Count ? steps : steps.Skip(2);
    }

    // While a row is without a tenant, one that was left over lets old code change that row no more.
    private IEnumerable<PlanStep> StaleChecks() =>
        family.Members.Where(IsStale).Select(m => RolloutRest.Check(m, Facts(m).Check!, _quoted) with { Scope = StepScope.Own });

    private bool IsStale(TableState member) => fill.Nulls > 0 && Facts(member) is { Check: not null, IsCheckValid: false };

    // With a constant for the rows that are there, a new column brings their tenant with it.
    private IEnumerable<PlanStep> Rows()
    {
        var isBrought = _root.Column is null && fill.Expression is null;
        return fill.IsNeeded && (_root.Column is null || fill.Nulls > 0)
            ? Leaves.Where(m => m.Column is not null || !isBrought).SelectMany(m => FillRows(m, $"rows of {m.DisplayName} without a tenant become {fill.Whose}"))
            : [];
    }

    private IEnumerable<PlanStep> FillRows(TableState member, string purpose)
    {
        var scope = StepScope.First;
        if (!member.IsFiltered)
        {
            yield return RowCheck.Guard(member);
            scope = StepScope.Shared;
        }

        yield return new PlanStep(purpose, $"update only {member.QuotedName} as t set {_quoted} = {fill.Value} where t.{_quoted} is null")
        {
            Scope = scope,
            Lock = LockLevel.RowExclusive,
            LockedTable = member.QuotedName,
            Backfill = new Backfill(member.Oid, member.QuotedName, _quoted, fill.Value!),
            Mends = TenantRlsDifferenceKind.RowsWithoutTenant,
        };
    }

    // One after another, each without a lock that readers or writers wait for. The index of a partitioned table then finds
    // those of its partitions and takes them for its own: it has nothing to build.
    private IEnumerable<PlanStep> Index()
    {
        var taken = takenIndexes.ToHashSet(StringComparer.Ordinal);
        foreach (var index in Leaves.SelectMany(m => Facts(m).InvalidIndexes.Select(index => (Member: m, Name: index))))
        {
            yield return new PlanStep($"{lacks.Of(index.Member)}the index {index.Name}, whose building was cut off, goes", $"drop index concurrently {index.Name}")
            {
                Scope = StepScope.None,
                Lock = LockLevel.ShareUpdateExclusive,
                LockedTable = index.Member.QuotedName,
                Mends = TenantRlsDifferenceKind.IndexInvalid,
            };
            taken.RemoveWhere(name => index.Name.EndsWith($".{name}", StringComparison.Ordinal) || index.Name.EndsWith($".{Quote.Identifier(name)}", StringComparison.Ordinal));
        }

        foreach (var member in Leaves.Where(m => _root.IsPartitioned ? _root.Index is null && !Facts(m).HasPlainIndex : m.Index is null))
        {
            yield return Concurrently(lacks.Index(member, taken));
        }

        if (_root is { IsPartitioned: true, Index: null })
        {
            yield return lacks.Index(_root, taken) with { Scope = StepScope.First };
        }
    }

    private static PlanStep Concurrently(PlanStep index) => index with
    {
        Up = index.Up.Replace("create index ", "create index concurrently ", StringComparison.Ordinal),
        Down = index.Down!.Replace("drop index ", "drop index concurrently if exists ", StringComparison.Ordinal),
        Scope = StepScope.None,
        Lock = LockLevel.ShareUpdateExclusive,
    };

    private IEnumerable<PlanStep> NotNull()
    {
        List<TableState> nullable = [.. lacks.Nullable];
        if (nullable.Count == 0)
        {
            yield break;
        }

        // A trigger that is switched off, or blind in another's session, leaves rows behind.
        foreach (var step in CatchUp())
        {
            yield return step;
        }

        foreach (var member in nullable)
        {
            if (!member.IsFiltered)
            {
                yield return RowCheck.Guard(member);
            }

            yield return RowCheck.Step(member, column, names.Keys, fill.Value) with { Scope = member.IsFiltered ? StepScope.First : StepScope.Shared };
        }

        foreach (var step in nullable.SelectMany(NotNull))
        {
            yield return step;
        }
    }

    private IEnumerable<PlanStep> CatchUp() => fill.IsNeeded
        ? Leaves.Where(m => m.Column is not { IsNotNull: true }).SelectMany(m => FillRows(m, $"rows of {m.DisplayName} that came meanwhile become {fill.Whose}"))
        : [];

    // NOT NULL reads the whole table under its lock, unless a valid constraint says the same; that one is checked without.
    private IEnumerable<PlanStep> NotNull(TableState member)
    {
        var (check, isValid) = IsStale(member) ? (null, false) : (Facts(member).Check, Facts(member).IsCheckValid);
        var name = Quote.Identifier(check ?? names.Check(member, column));
        var add = $"add constraint {name} check ({_quoted} is not null) not valid";
        if (check is null)
        {
            yield return EnableSteps.Alter(member, null, $"{lacks.Of(member)}no new row without a tenant", add, $"drop constraint {name}") with { Scope = StepScope.First };
            foreach (var step in LastRows(member))
            {
                yield return step;
            }
        }

        if (!isValid)
        {
            yield return EnableSteps.Step(member, null, $"{lacks.Of(member)}nor any that is there", $"alter table {member.QuotedName} validate constraint {name}", null) with
            {
                Scope = StepScope.Own,
                Lock = LockLevel.ShareUpdateExclusive,
            };
        }

        yield return lacks.NotNull(member) with { Scope = StepScope.First };
        yield return RolloutRest.Check(member, check ?? names.Check(member, column), _quoted);
    }

    // Rows that came since the catching up, where the trigger is blind: few, and found by the index while nobody adds any. The lock
    // comes first of all, for one that was made stronger could end in a deadlock.
    private IEnumerable<PlanStep> LastRows(TableState member)
    {
        if (!member.IsFiltered)
        {
            yield return RowCheck.Guard(member) with { Scope = StepScope.Shared };
        }

        yield return new PlanStep("found by the index", "set local enable_seqscan = off");
        yield return RowCheck.Step(member, column, names.Keys, fill.Value) with { Mends = null };
        if (fill.Value is not null)
        {
            yield return new PlanStep(
                $"{lacks.Of(member)}the last rows that came without a tenant become {fill.Whose}", $"update {member.QuotedName} as t set {_quoted} = {fill.Value} where t.{_quoted} is null")
            {
                Lock = LockLevel.RowExclusive,
                LockedTable = member.QuotedName,
            };
        }
    }

    // A policy of a partition or child binds who names it, not who comes through the root: each can be closed by itself, before that.
    private IEnumerable<PlanStep> Children() =>
        [.. First(lacks.Owners()), .. family.Members.Where(m => m != _root).SelectMany(m => First(lacks.Enforce(m)))];

    // All at once, FORCE after the policies and the trigger last of all: no tenant's SQL ever meets the trigger, which runs with
    // its maker's rights, and a table is never closed to all but its owner. A constraint that was left over goes with it.
    private IEnumerable<PlanStep> Root() =>
        [.. lacks.Rights(), .. policies, .. lacks.Enforce(_root), .. LeftChecks(), .. DropTrigger(), .. forget is null ? [] : (PlanStep[])[forget]];

    private bool IsTriggered => Triggered.Any(m => Facts(m).Function is not null);

    private IEnumerable<PlanStep> LeftChecks() =>
        family.Members.Where(m => Facts(m).Check is not null && !lacks.Nullable.Contains(m)).Select(m => RolloutRest.Check(m, Facts(m).Check!, _quoted));

    private IEnumerable<PlanStep> DropTrigger() => fill.IsNeeded || IsTriggered
        ? FillTrigger.Drop(
            _root,
            [.. Triggered.Where(m => fill.IsNeeded || Facts(m).Function is not null).Select(m => (m, Facts(m).Function is null ? FillTrigger.IsDerivedAnew(fill) : Facts(m).IsDerivedAnew))],
            Function,
            column,
            fill)
        : [];

    private static IEnumerable<PlanStep> First(IEnumerable<PlanStep> steps) => steps.Select((step, i) => i == 0 ? step with { Scope = StepScope.First } : step);
}
