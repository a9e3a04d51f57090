namespace Tenants.Shell;

/// <summary>How a line ended.</summary>
internal enum LineKind
{
    Entered,
    Cancelled,
    EndOfInput,
}
