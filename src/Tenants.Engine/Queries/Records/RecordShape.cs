using Tenants.Engine.Queries.Results;

namespace Tenants.Engine.Queries.Records;

/// <summary>What tells one class of records from another: the names of its properties, and how each is read. Equal shapes share a class.</summary>
internal sealed class RecordShape : IEquatable<RecordShape>
{
    // What every object of PowerShell has beside its properties.
    private static readonly HashSet<string> s_taken = new(
        [.. typeof(object).GetMethods().Select(m => m.Name), "PSObject", "PSBase", "PSAdapted", "PSExtended", "PSTypeNames"], StringComparer.OrdinalIgnoreCase);

    private readonly int _hash;

    /// <summary>The shape of a result's rows.</summary>
    /// <param name="names">The names of the columns' properties.</param>
    /// <param name="kinds">How the columns are read.</param>
    /// <param name="hasTenant">Whether a property that names the tenant comes before them.</param>
    public RecordShape(IReadOnlyList<string> names, IReadOnlyList<ColumnKind> kinds, bool hasTenant)
    {
        (Names, Kinds, HasTenant) = (names, kinds, hasTenant);
        var hash = default(HashCode);
        hash.Add(hasTenant);
        for (var i = 0; i < names.Count; i++)
        {
            hash.Add(names[i], StringComparer.Ordinal);
            hash.Add(kinds[i].ReadField);
        }

        _hash = hash.ToHashCode();
    }

    /// <summary>The names of the columns' properties, in their order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>How each column is read.</summary>
    public IReadOnlyList<ColumnKind> Kinds { get; }

    /// <summary>A property that names the tenant comes before those of the columns.</summary>
    public bool HasTenant { get; }

    /// <summary>
    /// False where a property would be named as a method (<c>ToString</c>, or <c>get_x</c> beside <c>x</c>): of a class, PowerShell shows and
    /// selects the method then. Its own custom objects know no such trouble.
    /// </summary>
    public bool FitsClass => !Names.Any(
        n => s_taken.Contains(n) || ((n.StartsWith("get_", StringComparison.OrdinalIgnoreCase) || n.StartsWith("set_", StringComparison.OrdinalIgnoreCase))
            && Names.Contains(n[4..], StringComparer.OrdinalIgnoreCase)));

    /// <inheritdoc/>
    public bool Equals(RecordShape? other) =>
        other is not null && _hash == other._hash && HasTenant == other.HasTenant && Names.SequenceEqual(other.Names, StringComparer.Ordinal)
        && Kinds.Select(k => k.ReadField).SequenceEqual(other.Kinds.Select(k => k.ReadField));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RecordShape);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;
}
