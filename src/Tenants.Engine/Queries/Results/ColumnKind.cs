using System.Reflection;
using Npgsql;
using Tenants.Engine.Queries.Values;

namespace Tenants.Engine.Queries.Results;

/// <summary>How the values of a column are read, and how a record keeps them.</summary>
/// <param name="ValueType">The .NET type that they have as a rule.</param>
/// <param name="Read">Reads one as an object.</param>
internal sealed record ColumnKind(Type ValueType, ColumnReader Read)
{
    /// <summary>The type of a record's field.</summary>
    public Type FieldType { get; private init; } = typeof(object);

    /// <summary>The type of a record's property. Where a value may be of another type it is object, and so it is for text: assigned to a string, PowerShell's $null becomes ''.</summary>
    public Type PropertyType { get; private init; } = typeof(object);

    /// <summary>The static method that reads a value as the field keeps it; null where only <see cref="Read"/> knows.</summary>
    public MethodInfo? ReadField { get; private init; }

    /// <summary>Values that always fit their type.</summary>
    public static ColumnKind Exact<T>(Func<NpgsqlDataReader, int, T?> read)
        where T : struct => new(typeof(T), (reader, ordinal) => read(reader, ordinal)) { FieldType = typeof(T?), PropertyType = typeof(T?), ReadField = read.Method };

    /// <summary>Values that fit their type as a rule.</summary>
    public static ColumnKind Loose<T>(Func<NpgsqlDataReader, int, Loose<T>> read)
        where T : struct => new(typeof(T), (reader, ordinal) => read(reader, ordinal).Value) { FieldType = typeof(Loose<T>), ReadField = read.Method };

    /// <summary>Text that the driver reads.</summary>
    public static ColumnKind Text(Func<NpgsqlDataReader, int, string?> read) => new(typeof(string), new ColumnReader(read)) { ReadField = read.Method };
}
