@{
    RootModule             = 'module/bin/Tenants.PowerShell.dll'
    ModuleVersion          = '0.1.0'
    GUID                   = '5c0a4b7e-6b0f-4a33-9f5e-3f1c7d2f8a91'
    Author                 = 'The Tenants contributors'
    CompanyName            = 'The Tenants contributors'
    Copyright              = '(c) The Tenants contributors. MIT licence.'
    Description            = 'Many tenants in one PostgreSQL database, kept apart by row-level security.'
    PowerShellVersion      = '7.4'
    CompatiblePSEditions   = @('Core')
    FormatsToProcess       = @('module/Tenants.Format.ps1xml')
    CmdletsToExport        = @(
        'Connect-TenantDatabase', 'Get-TenantDatabase', 'Disconnect-TenantDatabase', 'Test-TenantPooler'
        'Initialize-TenantDatabase', 'Update-TenantDatabase', 'Uninstall-TenantDatabase'
        'Start-TenantSandbox', 'Stop-TenantSandbox'
        'Enable-TenantRls', 'Disable-TenantRls', 'Get-TenantRls'
        'Compare-TenantRls', 'Export-TenantDeclaration'
        'New-TenantPolicy', 'Get-TenantPolicy', 'Remove-TenantPolicy'
        'Grant-TenantTable', 'Revoke-TenantTable'
        'New-Tenant', 'Get-Tenant', 'Remove-Tenant'
        'New-TenantLogin', 'Get-TenantLogin', 'Remove-TenantLogin', 'Reset-TenantKey'
        'New-TenantSession', 'Get-TenantSession', 'Remove-TenantSession'
        'Start-TenantTransaction', 'Complete-TenantTransaction', 'Undo-TenantTransaction'
        'Invoke-TenantQuery'
        'Import-TenantData', 'Measure-TenantQuery'
        'New-TenantMigration'
        'Test-TenantScript'
    )
    FunctionsToExport      = @()
    VariablesToExport      = @()
    AliasesToExport        = @()
    PrivateData            = @{
        PSData = @{
            Tags       = @('PostgreSQL', 'multi-tenant', 'row-level-security', 'RLS', 'tenancy', 'SaaS', 'PSEdition_Core', 'Windows', 'Linux', 'MacOS')
        }
    }
}
