namespace Tenants.Engine.Errors;

/// <summary>What each SQLSTATE is called here, and what to do about it. The longest entry that begins the SQLSTATE counts.</summary>
internal static class StatementErrorTable
{
    private static readonly Dictionary<string, Entry> s_entries = new(StringComparer.Ordinal)
    {
        ["08"] = new("ConnectionLost", TenantErrorKind.Connection, "What was not committed is undone. Run it again."),
        ["0A"] = new("NotSupported", TenantErrorKind.NotSupported),
        ["22"] = new("InvalidValue", TenantErrorKind.InvalidData),
        ["23"] = new("ConstraintViolation", TenantErrorKind.InvalidData),
        ["23001"] = new("ForeignKeyViolation", TenantErrorKind.InvalidData, "Other rows refer to it: change those first."),
        ["23502"] = new("NotNullViolation", TenantErrorKind.InvalidData),
        ["23503"] = new("ForeignKeyViolation", TenantErrorKind.InvalidData, "The row that it refers to is not there, or others refer to this one."),
        ["23505"] = new("UniqueViolation", TenantErrorKind.AlreadyExists, "A unique index that lacks the tenant column is shared by all tenants."),
        ["23514"] = new("CheckViolation", TenantErrorKind.InvalidData),
        ["23P01"] = new("ExclusionViolation", TenantErrorKind.InvalidData),
        ["25001"] = new("TransactionActive", TenantErrorKind.InvalidState, "It cannot run within a transaction."),
        ["25P02"] = new("TransactionAborted", TenantErrorKind.InvalidState, "An earlier statement failed. Undo-TenantTransaction ends the transaction."),
        ["25P03"] = new("IdleTimeout", TenantErrorKind.Timeout, "The transaction stood idle for too long and is undone. Begin it anew."),
        ["25P04"] = new("TransactionTimeout", TenantErrorKind.Timeout, "The transaction took longer than the server allows (transaction_timeout) and is undone."),
        ["28"] = new("AuthenticationFailed", TenantErrorKind.Authentication),
        ["2BP01"] = new("ObjectInUse", TenantErrorKind.InvalidState, "Other objects depend on it: drop or change those first."),
        ["3D000"] = new("DatabaseNotFound", TenantErrorKind.NotFound),
        ["3F000"] = new("SchemaNotFound", TenantErrorKind.NotFound),
        ["40001"] = new("SerializationFailure", TenantErrorKind.InvalidState, "Another transaction changed the same data meanwhile. Run the transaction again."),
        ["40P01"] = new("Deadlock", TenantErrorKind.InvalidState, "Two transactions waited for each other, and this one was undone. Run it again."),
        ["42"] = new("SyntaxError", TenantErrorKind.Syntax),
        ["42601"] = new("SyntaxError", TenantErrorKind.Syntax),
        ["42602"] = new("InvalidIdentifier", TenantErrorKind.Syntax),
        ["42622"] = new("InvalidIdentifier", TenantErrorKind.Syntax),
        ["42701"] = new("ColumnAlreadyExists", TenantErrorKind.AlreadyExists),
        ["42703"] = new("ColumnNotFound", TenantErrorKind.NotFound),
        ["42704"] = new("ObjectNotFound", TenantErrorKind.NotFound),
        ["42710"] = new("ObjectAlreadyExists", TenantErrorKind.AlreadyExists),
        ["42723"] = new("FunctionAlreadyExists", TenantErrorKind.AlreadyExists),
        ["42804"] = new("TypeMismatch", TenantErrorKind.InvalidData, "Cast the value to the type that is needed."),
        ["42846"] = new("TypeMismatch", TenantErrorKind.InvalidData, "Cast the value to the type that is needed."),
        ["42883"] = new("FunctionNotFound", TenantErrorKind.NotFound, "A name that is not in the search path needs its schema; an argument of another type needs a cast."),
        ["42939"] = new("ReservedName", TenantErrorKind.InvalidArgument),
        ["42P01"] = new("TableNotFound", TenantErrorKind.NotFound, "A table outside the default schema needs its schema: schema.table."),
        ["42P02"] = new("ParameterMissing", TenantErrorKind.InvalidArgument, "Give a value for each parameter."),
        ["42P04"] = new("DatabaseAlreadyExists", TenantErrorKind.AlreadyExists),
        ["42P06"] = new("SchemaAlreadyExists", TenantErrorKind.AlreadyExists),
        ["42P07"] = new("TableAlreadyExists", TenantErrorKind.AlreadyExists),
        ["42P18"] = new("TypeNotKnown", TenantErrorKind.InvalidData, "Cast the parameter: $1::text."),
        ["53"] = new("OutOfResources", TenantErrorKind.Resource),
        ["53100"] = new("DiskFull", TenantErrorKind.Resource, "The server's disk is full. Make room there; nothing was changed."),
        ["53200"] = new("OutOfMemory", TenantErrorKind.Resource, "The server ran out of memory."),
        ["53300"] = new("TooManyConnections", TenantErrorKind.Resource, "The server takes no more connections. Close some, or raise max_connections or the limit of the login."),
        ["54"] = new("LimitExceeded", TenantErrorKind.Resource),
        ["55006"] = new("ObjectInUse", TenantErrorKind.InvalidState, "Somebody uses it. Try again when they are done."),
        ["55P03"] = new("LockTimeout", TenantErrorKind.Timeout, "Somebody else holds a lock that it needs; nothing was changed. Run it again, or find who: select * from pg_stat_activity where wait_event_type = 'Lock'."),
        ["57P01"] = new("ConnectionLost", TenantErrorKind.Connection, "The server ended the connection. What was not committed is undone. Run it again."),
        ["57P02"] = new("ConnectionLost", TenantErrorKind.Connection, "The server crashed and recovers. What was not committed is undone. Run it again."),
        ["57P03"] = new("ServerStarting", TenantErrorKind.Connection, "The server is starting or stopping. Try again in a moment."),
        ["57P04"] = new("DatabaseNotFound", TenantErrorKind.NotFound, "The database was dropped."),
        ["57P05"] = new("IdleTimeout", TenantErrorKind.Connection, "The session stood idle for too long, and the server ended it. Open another."),
        ["58030"] = new("DiskError", TenantErrorKind.Resource, "The server could not read or write its disk."),
    };

    /// <summary>The entry for a SQLSTATE, or null.</summary>
    public static Entry? Find(string state) =>
        s_entries.GetValueOrDefault(state) ?? s_entries.GetValueOrDefault(state.Length >= 2 ? state[..2] : state);

    /// <summary>One entry.</summary>
    /// <param name="Id">The error id.</param>
    /// <param name="Kind">The sort of failure.</param>
    /// <param name="Advice">What it means or what to do, after the server's own text.</param>
    internal sealed record Entry(string Id, TenantErrorKind Kind, string? Advice = null)
    {
        /// <summary>The whole message.</summary>
        public string Compose(string text) => Advice is null ? text : $"{text} {Advice}";
    }
}
