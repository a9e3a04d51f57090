using System.Management.Automation;

namespace Tenants.Hosting;

/// <summary>Takes SQL as text or between braces, where it needs no quoting. A script block is never run: only its text counts.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SqlTextAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        (inputData is PSObject wrapper ? wrapper.BaseObject : inputData) is ScriptBlock block ? block.ToString().Trim() : inputData;
}
