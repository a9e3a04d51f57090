using Tenants.Engine.Declarations;

namespace Tenants.Engine.Tests.Declarations;

/// <summary>Trees as a file would give them, without a file: each value stands in a line of its own.</summary>
internal static class Tree
{
    private static int s_line;

    public static DeclaredMap Map(params (string Name, object? Value)[] entries)
    {
        var line = Interlocked.Increment(ref s_line);
        return new DeclaredMap([.. entries.Select(e => new DeclaredEntry(e.Name, Value(e.Value), line, 1))], line, 1);
    }

    public static DeclaredValue Value(object? value) => value switch
    {
        DeclaredValue made => made,
        object[] list => new DeclaredList([.. list.Select(Value)], Interlocked.Increment(ref s_line), 1),
        _ => new DeclaredScalar(value, Interlocked.Increment(ref s_line), 1),
    };

    public static TenancyDeclaration Read(params (string Name, object? Value)[] entries) => DeclarationReader.Read(Map(entries), "tenancy.psd1");

    public static TenancyDeclaration Tables(params object[] tables) => Read(("Tables", tables));
}
