using System.Linq.Expressions;
using System.Management.Automation;

namespace Tenants.Results;

/// <summary>
/// Makes empty objects with room for their properties. PowerShell 7 has a constructor for that, which the standard library that the module is
/// compiled against does not know; it saves a third of the time that a row takes.
/// </summary>
internal static class PSObjectFactory
{
    private static readonly Func<int, PSObject> s_create = Find();

    /// <summary>Makes an object.</summary>
    /// <param name="capacity">How many properties it will have.</param>
    public static PSObject Create(int capacity) => s_create(capacity);

    private static Func<int, PSObject> Find()
    {
        if (typeof(PSObject).GetConstructor([typeof(int)]) is not { } constructor)
        {
            return static _ => new PSObject();
        }

        var capacity = Expression.Parameter(typeof(int));
        return Expression.Lambda<Func<int, PSObject>>(Expression.New(constructor, capacity), capacity).Compile();
    }
}
