using Tenants.Engine.Errors;

namespace Tenants.Engine.Importing;

/// <summary>Which property of an object goes to which column. What the objects lack is the column's default.</summary>
/// <param name="Names">The properties' names, as the objects have them.</param>
/// <param name="Columns">The columns that get values.</param>
/// <param name="Positions">For each column, the place of its property.</param>
internal sealed record ImportShape(IReadOnlyList<string> Names, IReadOnlyList<ImportColumn> Columns, IReadOnlyList<int> Positions)
{
    /// <summary>Maps the properties of an object; case does not count, unless two columns differ in it alone.</summary>
    /// <param name="target">The table.</param>
    /// <param name="names">The properties' names.</param>
    /// <param name="options">What is left out.</param>
    /// <param name="number">The object's number, from 1.</param>
    /// <exception cref="TenantException"><c>ColumnNotFound</c>, <c>ColumnAmbiguous</c>, <c>ColumnNotWritable</c>, <c>ObjectEmpty</c>.</exception>
    public static ImportShape Map(ImportTarget target, IReadOnlyList<string> names, ImportOptions options, long number)
    {
        var columns = new List<ImportColumn>();
        var positions = new List<int>();
        for (var i = 0; i < names.Count; i++)
        {
            if (Find(target, names[i], number) is not { } column)
            {
                _ = options.IgnoreExtra ? true : throw NotFound(target, names[i], number);
                continue;
            }

            if (!IsWritable(target, column, options, number))
            {
                continue;
            }

            if (columns.IndexOf(column) is >= 0 and var other)
            {
                throw Error("ColumnAmbiguous", target, $"Object {number} has two properties for the column '{column.Name}' of {target.Table.DisplayName}: '{names[positions[other]]}' and '{names[i]}'. Leave one out.");
            }

            columns.Add(column);
            positions.Add(i);
        }

        return columns.Count > 0
            ? new ImportShape([.. names], columns, positions)
            : throw Error("ObjectEmpty", target, $"Object {number} has no property that is a column of {target.Table.DisplayName}. Its columns: {string.Join(", ", target.Columns.Select(c => c.Name))}.");
    }

    private static ImportColumn? Find(ImportTarget target, string name, long number)
    {
        if (target.Columns.FirstOrDefault(c => c.Name == name) is { } exact)
        {
            return exact;
        }

        var alike = target.Columns.Where(c => string.Equals(c.Name, name, StringComparison.OrdinalIgnoreCase)).ToList();
        return alike.Count < 2
            ? alike.FirstOrDefault()
            : throw Error("ColumnAmbiguous", target, $"The property '{name}' of object {number} could be the column {string.Join(" or ", alike.Select(c => $"'{c.Name}'"))} of {target.Table.DisplayName}. Name it as the column.");
    }

    private static bool IsWritable(ImportTarget target, ImportColumn column, ImportOptions options, long number)
    {
        if (!column.IsGenerated && (column.Identity != 'a' || options.KeepIdentity))
        {
            return true;
        }

        return options.IgnoreExtra ? false : throw Error(
            "ColumnNotWritable",
            target,
            column.IsGenerated
                ? $"Object {number} has a value for the column '{column.Name}' of {target.Table.DisplayName}, which the server computes from others. Leave it out with Select-Object -ExcludeProperty, or give -IgnoreExtra."
                : $"Object {number} has a value for the column '{column.Name}' of {target.Table.DisplayName}, which the server numbers (GENERATED ALWAYS AS IDENTITY). Leave it out with Select-Object -ExcludeProperty or -IgnoreExtra, or keep the objects' values with -KeepIdentity.");
    }

    private static TenantException NotFound(ImportTarget target, string name, long number) => Error(
        "ColumnNotFound",
        target,
        $"Object {number} has the property '{name}', and {target.Table.DisplayName} has no such column.{NearNames.Sentence(name, target.Columns.Select(c => c.Name))} Leave it out with Select-Object, or give -IgnoreExtra.");

    private static TenantException Error(string id, ImportTarget target, string message) =>
        new(id, id == "ColumnNotFound" ? TenantErrorKind.NotFound : TenantErrorKind.InvalidArgument, message) { Table = target.Table.DisplayName, Target = target.Table.DisplayName };
}
