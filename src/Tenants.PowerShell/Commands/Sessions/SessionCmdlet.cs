using System.Management.Automation;
using Tenants.Engine.Sessions;

namespace Tenants.Commands;

/// <summary>The base of the cmdlets that do something to sessions; one that fails is one error, and the others go on.</summary>
public abstract class SessionCmdlet : TenantCmdlet
{
    /// <summary>The sessions.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNull]
    public TenantSession[] Session { get; set; } = [];

    /// <summary>What is done, as <c>-WhatIf</c> names it.</summary>
    private protected abstract string Action { get; }

    /// <inheritdoc/>
    protected sealed override async Task ProcessAsync()
    {
        foreach (var session in Session)
        {
            if (!ShouldProcess(session.ToString(), Action))
            {
                continue;
            }

            try
            {
                await WorkAsync((OpenSession)session);
                Done(session);
            }
            catch (TenantException e) when (Session.Length > 1 || MyInvocation.ExpectingInput)
            {
                WriteFailure(e, session);
            }
        }
    }

    /// <summary>Does it to one session.</summary>
    private protected abstract Task WorkAsync(OpenSession session);

    /// <summary>It is done.</summary>
    private protected virtual void Done(TenantSession session)
    {
    }
}
