namespace Tenants.Engine.Tests.RedTeam;

/// <summary>The kinds of attacks, in the order in which they are told.</summary>
public enum AttackFamily
{
    /// <summary>Forging and replaying what says whose transaction it is.</summary>
    Context,

    /// <summary>Becoming another role.</summary>
    Roles,

    /// <summary>Getting a statement past the frame that the module puts it into.</summary>
    Smuggling,

    /// <summary>Names that mean something else to the victim or to a function.</summary>
    Shadowing,

    /// <summary>Views, materialized views, SECURITY DEFINER functions, rules, triggers, policies.</summary>
    OwnersRights,

    /// <summary>Partitions and children addressed directly.</summary>
    Partitions,

    /// <summary>Statements that read and write rows in every way there is.</summary>
    Statements,

    /// <summary>DROP OWNED, REASSIGN OWNED, default privileges, grants.</summary>
    Ownership,

    /// <summary>Other databases of the cluster.</summary>
    OtherDatabases,

    /// <summary>Catalogs, statistics, plans, sequences.</summary>
    Catalogs,

    /// <summary>What an error, a constraint or time tells.</summary>
    Channels,

    /// <summary>What sessions of one login may do to each other.</summary>
    SameLogin,

    /// <summary>Large objects, NOTIFY, advisory locks.</summary>
    CommonGround,

    /// <summary>The login altering itself.</summary>
    SelfAlteration,

    /// <summary>Files and programs of the server.</summary>
    Files,

    /// <summary>Keeping others from working.</summary>
    Denial,

    /// <summary>What one tenant leaves behind in a connection: objects, prepared statements, cursors, settings.</summary>
    Hygiene,
}
