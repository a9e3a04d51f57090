using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Plans;

/// <summary>The steps that undo what keeps a table's tenants apart. The column, its index and the data stay unless told otherwise.</summary>
internal sealed class DisableSteps(Installation installation, TableFamily family, DisableRequest request, IReadOnlyList<PlanStep> rest)
{
    private readonly TableState _root = family.Root;
    private readonly string _session = Quote.Identifier(installation.SessionRole);

    /// <summary>
    /// All of them: tenants' SQL loses its rights before the policies go. The root's policies go together with the rest, and last, for
    /// they tell which column it is and that there is something to undo: a run that is cut before that finds them again.
    /// </summary>
    public IEnumerable<PlanStep> All() =>
        [.. Rights(), .. family.Members.Where(m => m != _root).SelectMany(m => First(Opened(m))), .. First([.. Opened(_root), .. rest, .. Column()])];

    /// <summary>A column would go of which nothing tells that it was made for tenants: no policy, no default, no trace of a rollout.</summary>
    public bool DropsOthersColumn => request.RemoveColumn && _root is { IsChild: false, Column: { } column } && !(request is { IsNamed: true, Column: not null })
        && rest.Count == 0 && column.Default != PolicyText.DefaultDeparsed(_root.SchemaIdent, column) && !_root.Policies.Any(p => p.IsOwn);

    // Of a table in use each lock is gone before the next one is taken.
    private IEnumerable<PlanStep> First(IEnumerable<PlanStep> steps) => steps.Select((step, i) => request.IsLive && i == 0 ? step with { Scope = StepScope.First } : step);

    private IEnumerable<PlanStep> Rights()
    {
        foreach (var member in family.Children.Prepend(_root).Where(m => m.Granted.Length > 0))
        {
            var list = string.Join(", ", member.Granted);
            yield return new PlanStep("no rights for tenants' SQL", $"revoke {list} on {member.QuotedName} from {_session}") { Down = $"grant {list} on {member.QuotedName} to {_session}" };
        }

        if (_root.Granted.Length == 0)
        {
            yield break;
        }

        foreach (var sequence in _root.Sequences.Where(s => s is { IsUsable: true, IsUsedElsewhere: false }))
        {
            yield return new PlanStep("tenants' SQL inserts no more", $"revoke usage on sequence {sequence.QuotedName} from {_session}")
            {
                Down = $"grant usage on sequence {sequence.QuotedName} to {_session}",
            };
        }

        if (_root is { HasOwnSchemaUsage: true, OtherGrants: 0 })
        {
            var schema = Quote.Identifier(_root.Schema);
            yield return new PlanStep("nothing else in the schema is theirs", $"revoke usage on schema {schema} from {_session}") { Down = $"grant usage on schema {schema} to {_session}" };
        }
    }

    private static IEnumerable<PlanStep> Opened(TableState member)
    {
        var own = member.Policies.Where(p => p.IsOwn).ToList();
        foreach (var policy in own)
        {
            yield return Step(member, $"no policy {policy.Name}", $"drop policy {Quote.Identifier(policy.Name)} on {member.QuotedName}", null);
        }

        if (own.Count == 0)
        {
            yield break;
        }

        if (member.IsForced)
        {
            yield return Alter(member, "the owner is bound no more", "no force row level security", "force row level security");
        }

        // With others' policies on it, they go on holding.
        if (member.IsEnabled && member.Policies.Count == own.Count)
        {
            yield return Alter(member, "no row security", "disable row level security", "enable row level security");
        }
    }

    private IEnumerable<PlanStep> Column()
    {
        if (_root.Column is not { } column)
        {
            yield break;
        }

        var hasDefault = column.Default == PolicyText.DefaultDeparsed(_root.SchemaIdent, column);
        var quoted = Quote.Identifier(column.Name);
        if (request.RemoveColumn && !_root.IsChild)
        {
            yield return Step(_root, $"no column {column.Name}", $"alter table {_root.QuotedName} drop column {quoted}", null);
        }
        else if (hasDefault && !_root.IsChild)
        {
            yield return Alter(
                _root,
                $"no default of {column.Name}",
                $"alter column {quoted} drop default",
                $"alter column {quoted} set default {PolicyText.Default(installation, column.Type, column.IsText)}");
        }
    }

    private static PlanStep Alter(TableState table, string purpose, string up, string down) =>
        Step(table, purpose, $"alter table {table.QuotedName} {up}", $"alter table {table.QuotedName} {down}");

    private static PlanStep Step(TableState table, string purpose, string up, string? down) =>
        new(purpose, up) { Down = down, Lock = LockLevel.AccessExclusive, LockedTable = table.QuotedName };
}
