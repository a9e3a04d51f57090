namespace Tenants;

/// <summary>A message that the server sent beside the results, such as a <c>RAISE NOTICE</c>.</summary>
/// <param name="Severity"><c>DEBUG</c>, <c>LOG</c>, <c>INFO</c>, <c>NOTICE</c> or <c>WARNING</c>, never translated.</param>
/// <param name="SqlState">The five-character SQLSTATE.</param>
/// <param name="Message">The text.</param>
public sealed record ServerNotice(string Severity, string SqlState, string Message);
