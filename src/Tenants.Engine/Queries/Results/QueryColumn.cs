namespace Tenants.Engine.Queries.Results;

/// <summary>A column of a result.</summary>
/// <param name="Name">Its name; a second column of the same name has a number after it (<c>id</c>, <c>id_2</c>).</param>
/// <param name="Type">The .NET type that its values have as a rule; what does not fit that type comes as text or BigInteger.</param>
/// <param name="ServerType">The type as PostgreSQL names it.</param>
public sealed record QueryColumn(string Name, Type Type, string ServerType);
