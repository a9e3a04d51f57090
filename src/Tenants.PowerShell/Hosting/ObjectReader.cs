using System.Collections;
using System.Data;
using System.Globalization;
using System.Management.Automation;

namespace Tenants.Hosting;

/// <summary>Reads the properties of objects one after the other. The list of names stays the same one as long as the objects' properties do.</summary>
internal sealed class ObjectReader
{
    private readonly List<string> _found = [];
    private readonly List<object?> _values = [];
    private string[] _names = [];

    /// <summary>The names of the properties of the object that was read last.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>Their values, free of wrappers.</summary>
    public IReadOnlyList<object?> Values => _values;

    /// <summary>Reads an object.</summary>
    /// <param name="value">A custom object, a dictionary, a row of a DataTable, or an object of any class.</param>
    /// <param name="number">Its number, from 1.</param>
    /// <exception cref="TenantException"><c>ObjectNotSupported</c>, <c>PropertyNotReadable</c>.</exception>
    public void Read(object? value, long number)
    {
        _found.Clear();
        _values.Clear();
        switch (value is PSObject wrapper ? wrapper.BaseObject : value)
        {
            case IDictionary dictionary:
                ReadDictionary(dictionary);
                break;
            case DataRow row:
                ReadRow(row);
                break;
            case DataRowView view:
                ReadRow(view.Row);
                break;
            case null or string or ValueType or Array:
                throw new TenantException(
                    "ObjectNotSupported",
                    TenantErrorKind.InvalidArgument,
                    $"Object {number} is {(value is null ? "$null" : $"a {(value is PSObject w ? w.BaseObject : value).GetType().Name}")}, and has no properties that could be columns. Give objects as ConvertFrom-Json, Import-Csv, Select-Object or Invoke-TenantQuery make them, or hashtables.");
            default:
                ReadProperties(PSObject.AsPSObject(value), number);
                break;
        }

        if (!_found.SequenceEqual(_names, StringComparer.Ordinal))
        {
            _names = [.. _found];
        }
    }

    private void Add(string name, object? value)
    {
        _found.Add(name);
        _values.Add(value is string ? value : PlainValue.Of(value));
    }

    private void ReadDictionary(IDictionary dictionary)
    {
        foreach (DictionaryEntry entry in dictionary)
        {
            Add(Convert.ToString(entry.Key, CultureInfo.InvariantCulture)!, entry.Value);
        }
    }

    private void ReadRow(DataRow row)
    {
        foreach (DataColumn column in row.Table.Columns)
        {
            Add(column.ColumnName, row[column]);
        }
    }

    private void ReadProperties(PSObject value, long number)
    {
        foreach (var property in value.Properties)
        {
            if (!property.IsGettable)
            {
                continue;
            }

            try
            {
                Add(property.Name, property.Value);
            }
            catch (GetValueException e)
            {
                throw new TenantException(
                    "PropertyNotReadable", TenantErrorKind.InvalidData, $"The property '{property.Name}' of object {number} could not be read: {e.GetBaseException().GetType().Name}. Leave it out with Select-Object.", e);
            }
        }
    }
}
