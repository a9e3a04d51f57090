namespace Tenants;

/// <summary>How the server learns whose session it is.</summary>
public enum IsolationMode
{
    /// <summary>Nothing of this module lies in the database yet.</summary>
    None,

    /// <summary>A signed context that is sent with each transaction, or a login bound to one tenant.</summary>
    Context,
}
