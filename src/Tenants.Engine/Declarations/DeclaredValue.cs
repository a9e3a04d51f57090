namespace Tenants.Engine.Declarations;

/// <summary>A value of a declaration as it was written, before anybody knows what it is for; free of the file's own syntax.</summary>
/// <param name="Line">Where it begins in the file: the line, from 1.</param>
/// <param name="Column">The character in the line, from 1.</param>
public abstract record DeclaredValue(int Line, int Column);

/// <summary>A text, a number, a truth value, or nothing.</summary>
/// <param name="Value">A <see cref="string"/>, a number of .NET's, a <see cref="bool"/>, or null.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The character in the line, from 1.</param>
public sealed record DeclaredScalar(object? Value, int Line, int Column) : DeclaredValue(Line, Column);

/// <summary>Values in a row.</summary>
/// <param name="Items">The values.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The character in the line, from 1.</param>
public sealed record DeclaredList(IReadOnlyList<DeclaredValue> Items, int Line, int Column) : DeclaredValue(Line, Column);

/// <summary>Values by name.</summary>
/// <param name="Entries">The names and their values, as written.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The character in the line, from 1.</param>
public sealed record DeclaredMap(IReadOnlyList<DeclaredEntry> Entries, int Line, int Column) : DeclaredValue(Line, Column);

/// <summary>One value by its name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Value">The value.</param>
/// <param name="Line">Where the name stands: the line, from 1.</param>
/// <param name="Column">The character in the line, from 1.</param>
public sealed record DeclaredEntry(string Name, DeclaredValue Value, int Line, int Column);
