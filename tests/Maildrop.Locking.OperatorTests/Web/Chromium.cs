using Maildrop.Locking.Tests;
using Microsoft.Playwright;

namespace Maildrop.Locking.OperatorTests.Web;

/// <summary>The machine's own Chromium, headless; nothing is downloaded.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private static readonly string? Executable = ProgramPath.Find("chromium");

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        if (Executable is null)
        {
            return;
        }

        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Executable,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    /// <summary>An empty page in a context of its own; skips the test where there is no Chromium.</summary>
    public Task<IPage> NewPageAsync(BrowserNewPageOptions? options = null)
    {
        Assert.SkipUnless(_browser is not null, "chromium is not installed");
        return _browser.NewPageAsync(options);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }
}
