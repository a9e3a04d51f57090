using Tenants.Engine.Errors;
using Tenants.Engine.Plans;
using Tenants.Engine.Tenants;

namespace Tenants.Engine.Declarations;

/// <summary>Makes a declaration of what stands in its file; each mistake is named with its line and what is expected.</summary>
public sealed class DeclarationReader
{
    private static readonly string[] s_keys = ["TenantType", "Schema", "Tables", "SharedTables"];
    private static readonly string[] s_tableKeys = ["Table", "Column", "Type", "Rights", "DefaultTenant", "Backfill", "Policies"];
    private static readonly string[] s_sharedKeys = ["Table", "Writable"];

    private readonly DeclarationMistakes _mistakes;
    private readonly Dictionary<string, int> _names = new(StringComparer.Ordinal);
    private TenantIdType? _type;

    private DeclarationReader(string source) => _mistakes = new DeclarationMistakes(source);

    /// <summary>Reads a declaration.</summary>
    /// <param name="root">What stands in the file.</param>
    /// <param name="source">The file, for messages.</param>
    /// <exception cref="TenantException"><c>DeclarationInvalid</c>, <c>ColumnTypeNotSupported</c>, and the ids of what a policy or name must be.</exception>
    public static TenancyDeclaration Read(DeclaredValue root, string source)
    {
        ArgumentNullException.ThrowIfNull(root);
        return root is DeclaredMap map
            ? new DeclarationReader(source).Read(map, source)
            : throw DeclarationError.At(source, root.Line, root.Column, $"The declaration is {DeclaredFields.Describe(root)}. Expected: a table @{{ Tables = … }}.");
    }

    private TenancyDeclaration Read(DeclaredMap map, string source)
    {
        var fields = new DeclaredFields(map, "A declaration", s_keys, _mistakes);
        if (map.Entries.Count == 0)
        {
            _mistakes.Add(map, "The declaration is empty. Expected: Tables = @( 'todo_item' ).");
        }

        _type = fields.Choice<TenantIdType>("TenantType");
        var schema = fields.Text("Schema");
        CheckName(fields, "Schema", schema);
        var tables = Each(fields, "Tables", "one table or more", value => ReadTable(fields, value));
        var shared = Each(fields, "SharedTables", "one table or more", value => ReadShared(fields, value));
        _mistakes.ThrowIfAny();
        return new TenancyDeclaration(source, _type, schema, tables, shared);
    }

    private static List<T> Each<T>(DeclaredFields fields, string key, string expected, Func<DeclaredValue, T?> read)
        where T : class => [.. (fields.List(key, expected) ?? []).Select(read).OfType<T>()];

    private DeclaredTable? ReadTable(DeclaredFields file, DeclaredValue value)
    {
        if (value is not DeclaredMap map)
        {
            return file.Text(value, "A table") is { } plain && IsNew(value, plain) ? new DeclaredTable(plain, value.Line) : null;
        }

        var fields = new DeclaredFields(map, "A table", s_tableKeys, _mistakes);
        if (Name(map, fields) is not { } name)
        {
            return null;
        }

        var column = fields.Text("Column");
        CheckName(fields, "Column", column);
        var backfill = fields.Text("Backfill");
        var tenant = fields.TextOrNumber("DefaultTenant");
        if (tenant is not null && backfill is not null)
        {
            _mistakes.Add(fields.Value("Backfill")!, "DefaultTenant and Backfill both say whose the rows become. Expected: one of them.");
        }

        if (tenant is not null && _type is { } type)
        {
            _mistakes.Try(fields.Value("DefaultTenant")!, () => TenantId.Parse(tenant, type));
        }

        return new DeclaredTable(name, map.Line)
        {
            Column = column,
            Type = ReadType(fields),
            DefaultTenant = tenant,
            Backfill = backfill,
            Rights = ReadRights(fields),
            Policies = DeclaredPolicyReader.Read(fields, _mistakes),
        };
    }

    private DeclaredSharedTable? ReadShared(DeclaredFields file, DeclaredValue value)
    {
        if (value is not DeclaredMap map)
        {
            return file.Text(value, "A shared table") is { } plain && IsNew(value, plain) ? new DeclaredSharedTable(plain, value.Line, false) : null;
        }

        var fields = new DeclaredFields(map, "A shared table", s_sharedKeys, _mistakes);
        var writable = fields.Flag("Writable");
        return Name(map, fields) is { } name ? new DeclaredSharedTable(name, map.Line, writable) : null;
    }

    private string? Name(DeclaredMap map, DeclaredFields fields)
    {
        if (fields.Value("Table") is { } at)
        {
            return fields.Text("Table") is { } name && IsNew(at, name) ? name : null;
        }

        _mistakes.Add(map, "The entry names no table. Expected: Table = 'todo_item'.");
        return null;
    }

    private bool IsNew(DeclaredValue at, string name)
    {
        if (_names.TryAdd(name, at.Line))
        {
            return true;
        }

        _mistakes.Add(at, $"'{name}' stands in line {_names[name]} already. Expected: each table once, either under Tables or under SharedTables.");
        return false;
    }

    private string? ReadType(DeclaredFields fields)
    {
        if (fields.Text("Type") is not { } text)
        {
            return null;
        }

        var at = fields.Value("Type")!;
        if (DeclaredType.Normalize(text) is not { } type)
        {
            _mistakes.Add(at, $"A tenant column cannot be of type '{text}'. Expected: {DeclaredType.Expected}.", "ColumnTypeNotSupported");
            return null;
        }

        if (_type is { } tenants && !DeclaredType.IsDomain(type) && DeclaredType.Misfit(type, tenants) is { } misfit)
        {
            _mistakes.Add(at, misfit, "ColumnTypeNotSupported");
        }

        return type;
    }

    private IReadOnlyList<string> ReadRights(DeclaredFields fields)
    {
        const string Expected = "'select', 'insert', 'update', 'delete', or 'none' alone";
        if (fields.List("Rights", Expected) is not { } values)
        {
            return EnableRequest.AllRights;
        }

        var rights = new HashSet<string>(StringComparer.Ordinal);
        foreach (var value in values)
        {
            var right = fields.Text(value, "A right")?.ToLowerInvariant();
            if (right is "none" && values.Count == 1)
            {
                continue;
            }

            if (right is not null && !EnableRequest.AllRights.Contains(right))
            {
                _mistakes.Add(value, $"'{right}' is no right that policies guard.{NearNames.Sentence(right, EnableRequest.AllRights)} Expected: {Expected}.");
            }
            else if (right is not null && !rights.Add(right))
            {
                _mistakes.Add(value, $"The right '{right}' is given twice. Expected: once.");
            }
        }

        return [.. EnableRequest.AllRights.Where(rights.Contains)];
    }

    private void CheckName(DeclaredFields fields, string key, string? name)
    {
        if (name is not null)
        {
            _mistakes.Try(fields.Value(key)!, () => Sql.Quote.Identifier(name));
        }
    }
}
