namespace Tenants.Engine.Queries;

/// <summary>The values of a call: by name (<c>@name</c> in the SQL), by position (<c>$1</c>), or none.</summary>
public sealed class QueryParameters
{
    private readonly Dictionary<string, object?>? _exact;
    private readonly Dictionary<string, object?>? _anyCase;
    private readonly IReadOnlyList<object?>? _list;

    private QueryParameters(IReadOnlyDictionary<string, object?>? named, IReadOnlyList<object?>? list)
    {
        _list = list;
        if (named is null)
        {
            return;
        }

        _exact = new Dictionary<string, object?>(StringComparer.Ordinal);
        _anyCase = new Dictionary<string, object?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in named)
        {
            var name = key.TrimStart('@', ':', '$');
            _exact[name] = value;
            _anyCase[name] = value;
        }
    }

    /// <summary>No values.</summary>
    public static QueryParameters None { get; } = new(null, null);

    /// <summary>The names that were given, for messages.</summary>
    public IEnumerable<string> Names => _exact?.Keys ?? Enumerable.Empty<string>();

    /// <summary>True if values were given by name.</summary>
    public bool IsNamed => _exact is not null;

    /// <summary>True if values were given by position.</summary>
    public bool IsPositional => _list is not null;

    /// <summary>How many values were given by position.</summary>
    public int Count => _list?.Count ?? 0;

    /// <summary>Values by name. Names are looked up as they are written, then without regard to case.</summary>
    public static QueryParameters Named(IReadOnlyDictionary<string, object?> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return new QueryParameters(values, null);
    }

    /// <summary>Values by position: the first one is <c>$1</c>.</summary>
    public static QueryParameters Positional(IReadOnlyList<object?> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return new QueryParameters(null, values);
    }

    internal bool TryGet(string name, out object? value)
    {
        value = null;
        return _exact is not null && (_exact.TryGetValue(name, out value) || _anyCase!.TryGetValue(name, out value));
    }

    internal object? At(int position) => _list![position - 1];
}
