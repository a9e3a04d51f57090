using Npgsql;

namespace Tenants.Engine.Queries.Results;

/// <summary>Reads the rows of one result.</summary>
internal sealed class ResultReader
{
    private readonly NpgsqlDataReader _reader;

    private ResultReader(NpgsqlDataReader reader, ColumnKind[] kinds, IReadOnlyList<QueryColumn> columns)
    {
        _reader = reader;
        Kinds = kinds;
        Columns = columns;
    }

    /// <summary>The result's columns.</summary>
    public IReadOnlyList<QueryColumn> Columns { get; }

    /// <summary>How each column is read.</summary>
    public IReadOnlyList<ColumnKind> Kinds { get; }

    /// <summary>The driver's reader.</summary>
    public NpgsqlDataReader Driver => _reader;

    /// <summary>Which columns of a result must be asked for as text; null where none must.</summary>
    /// <param name="reader">The driver's reader, on that result.</param>
    public static bool[]? FindTextColumns(NpgsqlDataReader reader)
    {
        bool[]? text = null;
        for (var i = 0; i < reader.FieldCount; i++)
        {
            if (ColumnKinds.Binary(reader.GetDataTypeOID(i), reader.GetPostgresType(i)) is null)
            {
                text ??= new bool[reader.FieldCount];
                text[i] = true;
            }
        }

        return text;
    }

    /// <summary>Makes the reader of the result that the driver's reader stands on.</summary>
    /// <param name="reader">The driver's reader.</param>
    /// <param name="textColumns">Which columns were asked for as text.</param>
    /// <returns>Null if a column came in a binary form that is not known here.</returns>
    public static ResultReader? Create(NpgsqlDataReader reader, bool[]? textColumns)
    {
        var kinds = new ColumnKind[reader.FieldCount];
        var names = new string[reader.FieldCount];
        for (var i = 0; i < kinds.Length; i++)
        {
            var type = reader.GetPostgresType(i);
            if ((textColumns?[i] == true ? ColumnKinds.Text(type) : ColumnKinds.Binary(reader.GetDataTypeOID(i), type)) is not { } kind)
            {
                return null;
            }

            kinds[i] = kind;
            names[i] = reader.GetName(i);
        }

        var unique = ColumnNames.MakeUnique(names);
        var columns = new QueryColumn[kinds.Length];
        for (var i = 0; i < columns.Length; i++)
        {
            columns[i] = new QueryColumn(unique[i], kinds[i].ValueType, reader.GetPostgresType(i).DisplayName);
        }

        return new ResultReader(reader, kinds, columns);
    }

    /// <summary>The values of the current row; null for NULL.</summary>
    public object?[] ReadRow()
    {
        var row = new object?[Kinds.Count];
        for (var i = 0; i < row.Length; i++)
        {
            row[i] = Kinds[i].Read(_reader, i);
        }

        return row;
    }
}
