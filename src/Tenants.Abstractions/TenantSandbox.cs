namespace Tenants;

/// <summary>
/// A throwaway PostgreSQL server of this process: it listens on the loopback address alone, and is gone, with all its data, when it is
/// stopped or when the process that started it ends. Durability is off (fsync and friends), so that it starts in seconds.
/// </summary>
/// <remarks>Holds no secret that a property would show: the connection goes to <c>Connect-TenantDatabase</c> by the pipeline.</remarks>
public abstract class TenantSandbox : IDisposable, IAsyncDisposable
{
    /// <summary>The loopback address that the server listens on.</summary>
    public abstract string Server { get; }

    /// <summary>The port that the server listens on.</summary>
    public abstract int Port { get; }

    /// <summary>The database that belongs to <see cref="UserName"/>.</summary>
    public abstract string Database { get; }

    /// <summary>The admin login: no superuser, may create roles and databases, owns <see cref="Database"/>.</summary>
    public abstract string UserName { get; }

    /// <summary>The server's version, such as 18.4.</summary>
    public abstract Version Version { get; }

    /// <summary>Whether the server runs.</summary>
    public abstract TenantSandboxState State { get; }

    /// <summary>Whether its data would survive a crash of the machine: they would not. fsync is off, which is why it starts in seconds.</summary>
    public virtual bool IsDurable => false;

    /// <summary>The process id of the server's first process.</summary>
    public abstract int ProcessId { get; }

    /// <summary>The folder with the server's data; removed when the sandbox stops.</summary>
    public abstract string DataDirectory { get; }

    /// <summary>The folder of the PostgreSQL programs that run it.</summary>
    public abstract string BinaryPath { get; }

    /// <summary>Stops the server and removes its folder. Does nothing when that has happened already.</summary>
    /// <returns>A task that ends when server and folder are gone.</returns>
    public abstract ValueTask DisposeAsync();

    /// <summary>Stops the server and removes its folder. Does nothing when that has happened already.</summary>
    public void Dispose()
    {
        DisposeAsync().AsTask().GetAwaiter().GetResult();
        GC.SuppressFinalize(this);
    }

    /// <summary>Where the sandbox is: server, port and database.</summary>
    /// <returns>Text such as <c>127.0.0.1:54321/sandbox</c>.</returns>
    public override string ToString() => $"{Server}:{Port}/{Database}";
}
