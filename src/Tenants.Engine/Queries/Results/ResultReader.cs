using Npgsql;

namespace Tenants.Engine.Queries.Results;

/// <summary>Reads the rows of one result.</summary>
internal sealed class ResultReader
{
    private readonly ColumnReader[] _readers;

    private ResultReader(ColumnReader[] readers, IReadOnlyList<QueryColumn> columns)
    {
        _readers = readers;
        Columns = columns;
    }

    /// <summary>The result's columns.</summary>
    public IReadOnlyList<QueryColumn> Columns { get; }

    /// <summary>Which columns of a result must be asked for as text; null where none must.</summary>
    /// <param name="reader">The driver's reader, on that result.</param>
    public static bool[]? FindTextColumns(NpgsqlDataReader reader)
    {
        bool[]? text = null;
        for (var i = 0; i < reader.FieldCount; i++)
        {
            if (ColumnReaders.Binary(reader.GetDataTypeOID(i), reader.GetPostgresType(i)) is null)
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
        var readers = new ColumnReader[reader.FieldCount];
        var names = new string[reader.FieldCount];
        for (var i = 0; i < readers.Length; i++)
        {
            var type = reader.GetPostgresType(i);
            if ((textColumns?[i] == true ? ColumnReaders.Text(type) : ColumnReaders.Binary(reader.GetDataTypeOID(i), type)) is not { } column)
            {
                return null;
            }

            readers[i] = column;
            names[i] = reader.GetName(i);
        }

        var unique = ColumnNames.MakeUnique(names);
        var columns = new QueryColumn[readers.Length];
        for (var i = 0; i < columns.Length; i++)
        {
            var type = reader.GetPostgresType(i);
            columns[i] = new QueryColumn(unique[i], ColumnReaders.TypeOf(reader.GetDataTypeOID(i), type, textColumns?[i] == true), type.DisplayName);
        }

        return new ResultReader(readers, columns);
    }

    /// <summary>The values of the current row; null for NULL.</summary>
    public object?[] ReadRow(NpgsqlDataReader reader)
    {
        var row = new object?[_readers.Length];
        for (var i = 0; i < row.Length; i++)
        {
            row[i] = reader.IsDBNull(i) ? null : _readers[i](reader, i);
        }

        return row;
    }
}
