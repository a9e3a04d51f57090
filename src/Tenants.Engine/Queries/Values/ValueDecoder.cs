namespace Tenants.Engine.Queries.Values;

/// <summary>Turns the binary form of one value, as the server sends it, into what PowerShell works with.</summary>
/// <param name="bytes">The value's bytes; never a NULL.</param>
internal delegate object ValueDecoder(ReadOnlySpan<byte> bytes);
