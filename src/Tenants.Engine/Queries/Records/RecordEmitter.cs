using System.Globalization;
using System.Reflection;
using System.Reflection.Emit;
using Npgsql;
using Tenants.Engine.Queries.Results;
using Tenants.Engine.Queries.Values;

namespace Tenants.Engine.Queries.Records;

/// <summary>
/// Writes the class of a shape, and the method that makes its objects. For the columns <c>id int, price numeric</c>:
/// <code>
/// public sealed class Row1 : TenantRow
/// {
///     private int? f0;
///     private Loose&lt;decimal&gt; f1;
///     public int? id { get =&gt; f0; set =&gt; f0 = value; }
///     public object price { get =&gt; f1.Value; set =&gt; f1.Value = value; }
/// }
///
/// TenantRow Make(NpgsqlDataReader reader, ColumnReader[] readers, string tenant) =&gt;
///     new Row1 { f0 = FieldReaders.Int32(reader, 0), f1 = FieldReaders.Numeric(reader, 1) };
/// </code>
/// </summary>
internal static class RecordEmitter
{
    private const string Name = "Tenants.Rows";
    private const MethodAttributes Accessor = MethodAttributes.Public | MethodAttributes.HideBySig | MethodAttributes.SpecialName;

    private static readonly ModuleBuilder s_module =
        AssemblyBuilder.DefineDynamicAssembly(new AssemblyName(Name), AssemblyBuilderAccess.Run).DefineDynamicModule(Name);

    private static int s_count;

    private static readonly ConstructorInfo s_base =
        typeof(TenantRow).GetConstructor(BindingFlags.NonPublic | BindingFlags.Instance, [])!;

    private static readonly MethodInfo s_invoke = typeof(ColumnReader).GetMethod(nameof(ColumnReader.Invoke))!;

    /// <summary>Writes both.</summary>
    public static RecordMaker Emit(RecordShape shape)
    {
        // Writing a module is not for two threads at once.
        lock (s_module)
        {
            return EmitMaker(shape, EmitClass(shape));
        }
    }

    private static Type EmitClass(RecordShape shape)
    {
        var builder = s_module.DefineType(
            string.Create(CultureInfo.InvariantCulture, $"{Name}.Row{++s_count}"), TypeAttributes.Public | TypeAttributes.Sealed | TypeAttributes.BeforeFieldInit, typeof(TenantRow));
        DefineConstructor(builder);
        if (shape.HasTenant)
        {
            DefineProperty(builder, ColumnNames.Tenant, typeof(string), typeof(string), "tenant");
        }

        for (var i = 0; i < shape.Names.Count; i++)
        {
            DefineProperty(builder, shape.Names[i], shape.Kinds[i].PropertyType, shape.Kinds[i].FieldType, FieldName(i));
        }

        return builder.CreateType();
    }

    private static string FieldName(int column) => string.Create(CultureInfo.InvariantCulture, $"f{column}");

    private static void DefineConstructor(TypeBuilder type)
    {
        var code = type.DefineConstructor(MethodAttributes.Public, CallingConventions.Standard, []).GetILGenerator();
        code.Emit(OpCodes.Ldarg_0);
        code.Emit(OpCodes.Call, s_base);
        code.Emit(OpCodes.Ret);
    }

    private static void DefineProperty(TypeBuilder type, string name, Type propertyType, Type fieldType, string fieldName)
    {
        var field = type.DefineField(fieldName, fieldType, FieldAttributes.Private);

        // A Loose<T> takes and gives its value by a property of its own.
        var inner = propertyType == fieldType ? null : fieldType.GetProperty(nameof(Loose<int>.Value))!;

        var getter = type.DefineMethod("get_" + name, Accessor, propertyType, []);
        var code = getter.GetILGenerator();
        code.Emit(OpCodes.Ldarg_0);
        if (inner is null)
        {
            code.Emit(OpCodes.Ldfld, field);
        }
        else
        {
            code.Emit(OpCodes.Ldflda, field);
            code.Emit(OpCodes.Call, inner.GetMethod!);
        }

        code.Emit(OpCodes.Ret);

        var setter = type.DefineMethod("set_" + name, Accessor, null, [propertyType]);
        code = setter.GetILGenerator();
        code.Emit(OpCodes.Ldarg_0);
        if (inner is null)
        {
            code.Emit(OpCodes.Ldarg_1);
            code.Emit(OpCodes.Stfld, field);
        }
        else
        {
            code.Emit(OpCodes.Ldflda, field);
            code.Emit(OpCodes.Ldarg_1);
            code.Emit(OpCodes.Call, inner.SetMethod!);
        }

        code.Emit(OpCodes.Ret);

        var property = type.DefineProperty(name, PropertyAttributes.None, propertyType, null);
        property.SetGetMethod(getter);
        property.SetSetMethod(setter);
    }

    private static RecordMaker EmitMaker(RecordShape shape, Type type)
    {
        // Outside of the class: so it may call what is the engine's own, and set private fields.
        var method = new DynamicMethod("Make", typeof(TenantRow), [typeof(NpgsqlDataReader), typeof(ColumnReader[]), typeof(string)], typeof(RecordEmitter).Module, skipVisibility: true);
        var fields = type.GetFields(BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly).ToDictionary(f => f.Name);
        var code = method.GetILGenerator();
        code.Emit(OpCodes.Newobj, type.GetConstructor([])!);
        if (shape.HasTenant)
        {
            code.Emit(OpCodes.Dup);
            code.Emit(OpCodes.Ldarg_2);
            code.Emit(OpCodes.Stfld, fields["tenant"]);
        }

        var others = 0;
        for (var i = 0; i < shape.Names.Count; i++)
        {
            code.Emit(OpCodes.Dup);
            if (shape.Kinds[i].ReadField is { } read)
            {
                code.Emit(OpCodes.Ldarg_0);
                code.Emit(OpCodes.Ldc_I4, i);
                code.Emit(OpCodes.Call, read);
            }
            else
            {
                code.Emit(OpCodes.Ldarg_1);
                code.Emit(OpCodes.Ldc_I4, others++);
                code.Emit(OpCodes.Ldelem_Ref);
                code.Emit(OpCodes.Ldarg_0);
                code.Emit(OpCodes.Ldc_I4, i);
                code.Emit(OpCodes.Callvirt, s_invoke);
            }

            code.Emit(OpCodes.Stfld, fields[FieldName(i)]);
        }

        code.Emit(OpCodes.Ret);
        return method.CreateDelegate<RecordMaker>();
    }
}
