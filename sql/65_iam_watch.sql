-- Identity and access are themselves under capture: a change made around the functions is on record all the same.

select audit.watch('iam.users', entity_type => 'IAM_USER_ROW');
select audit.watch('iam.credentials', entity_type => 'IAM_CREDENTIAL_ROW', mask => array['salt', 'verifier']);
select audit.watch('iam.roles', entity_type => 'IAM_ROLE_ROW');
select audit.watch('iam.permissions', entity_type => 'IAM_PERMISSION_ROW');
select audit.watch('iam.role_permissions', entity_type => 'IAM_ROLE_PERMISSION_ROW');
select audit.watch('iam.user_roles', entity_type => 'IAM_USER_ROLE_ROW');
select audit.watch('iam.policy', entity_type => 'IAM_POLICY_ROW');
